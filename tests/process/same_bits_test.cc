// The promise of the service: the weights of a job do not depend on who computed them or what
// failed meanwhile.
#include <gtest/gtest.h>
#include <signal.h>

#include <map>
#include <string>

#include "common/checkpoint_directory.h"
#include "common/safetensors.h"
#include "common/text.h"
#include "tests/process/cluster.h"

namespace gvsl::testing_process {
namespace {

using std::chrono::seconds;

// The hash of the job that an undisturbed gang of so many workers trains. Computed once for each.
std::string UndisturbedHash(int workers) {
  static std::map<int, std::string> hashes;
  std::string& hash = hashes[workers];
  if (!hash.empty()) return hash;
  Cluster cluster;
  cluster.Train(workers, {.min_workers = workers});
  EXPECT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
  return hash = cluster.WeightsOf("job");
}

TEST(SameBits, ForOneTwoAndThreeWorkers) {
  const std::string one = UndisturbedHash(1);
  ASSERT_EQ(one.size(), 64U);
  EXPECT_EQ(UndisturbedHash(2), one);
  EXPECT_EQ(UndisturbedHash(3), one);
}

TEST(SameBits, ForOneAndTwoWorkersThatComputeAsTheReleasedCodeDoes) {
  std::map<int, std::string> hashes;
  for (const int workers : {1, 2}) {
    Cluster cluster;
    cluster.Train(workers, {.min_workers = workers, .extra = "numerics: reference\n"});
    ASSERT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
    hashes[workers] = cluster.WeightsOf("job");
  }
  EXPECT_EQ(hashes[1], hashes[2]);
  EXPECT_NE(hashes[1], UndisturbedHash(1)) << "nothing was computed otherwise";
}

// Methods that tell each other more than gradients: negatives of all slots, features of a round.
TEST(SameBits, ForOneAndThreeWorkersOfMethodsThatShareMoreThanGradients) {
  for (const std::string method : {"simclr", "deepcluster"}) {
    std::map<int, std::string> hashes;
    for (const int workers : {1, 3}) {
      Cluster cluster;
      cluster.Train(workers, {.min_workers = workers, .method = method});
      ASSERT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
      hashes[workers] = cluster.WeightsOf("job");
    }
    EXPECT_EQ(hashes[1], hashes[3]) << method;
  }
}

// A downstream task on what was pre-trained, with a worker killed on the way: the same weights, the
// same curve, the same result.
TEST(SameBits, ForOneAndTwoWorkersThatLearnToSegment) {
  std::map<int, std::string> told;
  for (const int workers : {1, 2}) {
    Cluster cluster;
    cluster.Train(workers, {.steps = 2, .min_workers = workers});
    ASSERT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
    const JobOptions segment = {
        .name = "segment",
        .steps = 12,
        .task = "segment",
        .extra = Concat("init: {checkpoint: ", cluster.CheckpointDirectory("job"), "}\n",
                        "split: {train: 50%, validation: 25%, test: rest}\nevaluate_every: 5\n")};
    cluster.Submit(segment);
    ASSERT_TRUE(cluster.WaitForStep("segment", 6)) << cluster.Get("segment") << cluster.Logs();
    if (workers == 2) cluster.worker(1).Signal(SIGKILL);
    ASSERT_EQ(cluster.WaitForEnd("segment"), "SUCCEEDED")
        << cluster.Get("segment") << cluster.Logs();
    const Json result = cluster.Get("segment")["result"];
    EXPECT_EQ(result["curve"].size(), 3U) << result;
    EXPECT_TRUE(result["dsc_mean"].is_number() && result["dsc"]["1"].is_number()) << result;
    told[workers] = cluster.WeightsOf("segment") + result.dump();
  }
  EXPECT_EQ(told[1], told[2]);
}

TEST(SameBits, WhenAWorkerAndTheCoordinatorAreKilledInTheMiddle) {
  Cluster cluster;
  cluster.Train(3, {.min_workers = 2});
  ASSERT_TRUE(cluster.WaitForStep("job", 8)) << cluster.Logs();

  cluster.worker(1).Signal(SIGKILL);
  ASSERT_TRUE(cluster.worker(1).WaitFor(seconds(5)));
  const int at_loss = cluster.Get("job")["step"].get<int>();
  ASSERT_TRUE(cluster.WaitForStep("job", at_loss + 3)) << cluster.Get("job") << cluster.Logs();

  cluster.coordinator().Signal(SIGKILL);
  ASSERT_TRUE(cluster.coordinator().WaitFor(seconds(5)));
  const double at_kill = cluster.StepOfWorkers();
  EXPECT_TRUE(Eventually([&] { return cluster.StepOfWorkers() >= at_kill + 3; }, seconds(30)))
      << "steps must go on without a coordinator" << cluster.Logs();
  cluster.StartCoordinator();
  EXPECT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
  EXPECT_EQ(cluster.WeightsOf("job"), UndisturbedHash(1));
}

TEST(SameBits, WhenTheJobEndsWhileTheCoordinatorIsAway) {
  Cluster cluster;
  cluster.Train(2, {.min_workers = 2});
  ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs();
  cluster.coordinator().Signal(SIGKILL);
  ASSERT_TRUE(cluster.coordinator().WaitFor(seconds(5)));
  ASSERT_TRUE(Eventually([&] { return cluster.StepOfWorkers() >= 40; })) << cluster.Logs();
  cluster.StartCoordinator();
  EXPECT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
  EXPECT_EQ(cluster.WeightsOf("job"), UndisturbedHash(1));
}

TEST(SameBits, WhenAllWorkersDieAndOthersResumeFromTheCheckpoint) {
  Cluster cluster;
  cluster.Train(2, {.min_workers = 2});
  ASSERT_TRUE(cluster.WaitForStep("job", 13)) << cluster.Logs();
  cluster.worker(0).Signal(SIGKILL);
  cluster.worker(1).Signal(SIGKILL);
  cluster.StartWorker(2);
  cluster.StartWorker(3);
  EXPECT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
  EXPECT_EQ(cluster.WeightsOf("job"), UndisturbedHash(1));
}

TEST(SameBits, WhenAWorkerJoinsInTheMiddle) {
  Cluster cluster;
  cluster.Train(1, {.name = "job"});
  ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs();
  cluster.StartWorker(1);
  EXPECT_TRUE(Eventually([&] { return cluster.Get("job")["workers"].size() == 2; }, seconds(30)))
      << cluster.Get("job") << cluster.Logs();
  EXPECT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
  EXPECT_EQ(cluster.WeightsOf("job"), UndisturbedHash(1));
}

TEST(SameBits, WhenTheJobIsPausedAndResumed) {
  Cluster cluster;
  cluster.Train(2, {.name = "job"});
  ASSERT_TRUE(cluster.WaitForStep("job", 7)) << cluster.Logs();
  ASSERT_EQ(cluster.Ctl({"pause", "job"}).status, 0);
  ASSERT_TRUE(Eventually([&] { return cluster.Get("job")["state"] == "PAUSED"; }, seconds(30)))
      << cluster.Get("job") << cluster.Logs();
  const Json paused = cluster.Get("job");
  EXPECT_EQ(paused["checkpoints"].back()["step"], paused["step"]);
  ASSERT_EQ(cluster.Ctl({"resume", "job"}).status, 0);
  EXPECT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
  EXPECT_EQ(cluster.WeightsOf("job"), UndisturbedHash(1));
}

// Every (step, slot) once, although a worker died and another joined: read from what the gang
// itself recorded.
TEST(SameBits, LeaveALineageInWhichEveryStepAndSlotOccursOnce) {
  Cluster cluster;
  cluster.Train(2, {.name = "job"});
  ASSERT_TRUE(cluster.WaitForStep("job", 6)) << cluster.Logs();
  cluster.worker(0).Signal(SIGKILL);
  cluster.StartWorker(2);
  ASSERT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();

  FileSystem& files = PosixFileSystem();
  const std::string directory = cluster.CheckpointDirectory("job");
  const auto names = files.List(directory);
  ASSERT_TRUE(names.ok());
  std::int64_t next_step = 0;
  std::map<std::int64_t, int> uses;  // of each volume as A
  for (const std::string& name : *names) {
    if (!name.starts_with("lineage-")) continue;
    const auto segment = SafetensorsFile::Open(files, JoinPath(directory, name));
    ASSERT_TRUE(segment.ok()) << segment.status();
    const auto samples = segment->Find("samples");
    ASSERT_TRUE(samples.ok());
    ASSERT_EQ(samples->shape.size(), 3U);
    EXPECT_EQ(name, LineageName(next_step, next_step + samples->shape[0]));
    EXPECT_EQ(samples->shape[1], 6);
    next_step += samples->shape[0];
    const auto values = samples->As<std::int64_t>();
    for (std::size_t i = 0; i < values.size(); i += 2) ++uses[values[i]];
  }
  EXPECT_EQ(next_step, 40);
  // 240 samples of 8 volumes: 30 whole rounds.
  ASSERT_EQ(uses.size(), 8U);
  for (const auto& [volume, count] : uses) EXPECT_NEAR(count, 30, 2) << volume;
}

}  // namespace
}  // namespace gvsl::testing_process
