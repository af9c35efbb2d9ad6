// Wrong input gets a clear answer and loses nothing.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/process/cluster.h"

namespace gvsl::testing_process {
namespace {

using std::chrono::seconds;

TEST(BadInput, AnUnknownKeyIsRefusedWithTheNearestKnownOne) {
  Cluster cluster;
  cluster.MakeDataset();
  cluster.StartCoordinator();
  const Finished answer = cluster.Ctl({"submit", cluster.WriteJob({.extra = "stepps: 3\n"})});
  EXPECT_EQ(answer.status, 2);
  EXPECT_NE(answer.errors.find("stepps"), std::string::npos) << answer.errors;
  EXPECT_NE(answer.errors.find("steps"), std::string::npos) << answer.errors;
  EXPECT_EQ(answer.output, "");
  EXPECT_EQ(cluster.Ctl({"list", "--json"}).output, "[]\n");
}

TEST(BadInput, AMissingDatasetIsNamed) {
  Cluster cluster;
  cluster.StartCoordinator();
  const Finished answer =
      cluster.Ctl({"submit", cluster.WriteJob({.dataset = cluster.Path("nowhere")})});
  EXPECT_EQ(answer.status, 3);
  EXPECT_NE(answer.errors.find(cluster.Path("nowhere")), std::string::npos) << answer.errors;
}

TEST(BadInput, ADamagedManifestIsRefusedAtSubmission) {
  Cluster cluster;
  const std::string dataset = cluster.MakeDataset();
  std::filesystem::resize_file(dataset + "/manifest.json", 100);
  cluster.StartCoordinator();
  const Finished answer = cluster.Ctl({"submit", cluster.WriteJob({})});
  EXPECT_EQ(answer.status, 1);
  EXPECT_NE(answer.errors.find("manifest"), std::string::npos) << answer.errors;
}

void Damage(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-10, std::ios::end);
  file.put('\x7f');
}

TEST(BadInput, ADamagedShardIsLeftOutByTheGangAndNamedEverywhere) {
  constexpr char kShard[] = "shard-00001.safetensors";
  Cluster cluster;
  Damage(cluster.MakeDataset() + "/" + kShard);
  cluster.StartCoordinator();
  cluster.StartWorker(0);
  cluster.StartWorker(1);
  cluster.Submit({.steps = 30, .min_workers = 2});
  ASSERT_TRUE(Eventually([&] { return !cluster.Get("job")["quarantine"].empty(); }))
      << cluster.Logs();
  EXPECT_NE(HttpGet(cluster.coordinator_http(), "/metrics").find("gvsl_job_quarantined_shards{"),
            std::string::npos);
  cluster.coordinator().Signal(SIGKILL);
  ASSERT_TRUE(cluster.coordinator().WaitFor(seconds(5)));
  cluster.StartCoordinator();
  ASSERT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Logs();

  const Json job = cluster.Get("job");
  ASSERT_EQ(job["quarantine"].size(), 1U) << job;
  EXPECT_EQ(job["quarantine"][0]["shard"], kShard);
  EXPECT_EQ(job["result"]["quarantine"], job["quarantine"]);
  for (const char* command : {"get", "events", "explain"}) {
    const std::string text = cluster.Ctl({command, "job"}).output;
    EXPECT_NE(text.find(kShard), std::string::npos) << command << ": " << text;
  }
  const std::string events = cluster.Ctl({"events", "job"}).output;
  const std::size_t first = events.find("SHARD_LEFT_OUT");
  ASSERT_NE(first, std::string::npos) << events;
  EXPECT_EQ(events.find("SHARD_LEFT_OUT", first + 1), std::string::npos) << events;

  // The same list makes the same weights, whoever computes them.
  cluster.StopWorker(1);
  cluster.Submit({.name = "again", .steps = 30});
  ASSERT_EQ(cluster.WaitForEnd("again"), "SUCCEEDED") << cluster.Logs();
  EXPECT_EQ(cluster.Get("again")["quarantine"], job["quarantine"]);
  EXPECT_EQ(cluster.WeightsOf("again"), cluster.WeightsOf("job"));
}

TEST(BadInput, ADatasetOfWhichNothingIsWholeFailsTheJobWithASentence) {
  Cluster cluster;
  const std::string dataset = cluster.MakeDataset();
  for (const auto& entry : std::filesystem::directory_iterator(dataset)) {
    if (entry.path().extension() == ".safetensors") Damage(entry.path());
  }
  cluster.StartCoordinator();
  cluster.StartWorker(0);
  cluster.Submit({.steps = 30});
  EXPECT_EQ(cluster.WaitForEnd("job"), "FAILED") << cluster.Logs();
  const std::string reason = cluster.Get("job")["reason"];
  EXPECT_NE(reason.find("damaged at their source"), std::string::npos) << reason;
  EXPECT_NE(reason.find("shard-0000"), std::string::npos) << reason;
  EXPECT_EQ(cluster.Ctl({"watch", "job"}).status, 6);
}

// More shards than are read ahead of one slot, so that the folder is missed soon.
TEST(BadInput, ADatasetThatGoesAwayIsWaitedForAndTheWeightsAreTheSame) {
  Cluster cluster;
  const std::string dataset = cluster.MakeDataset("dataset", 40);
  cluster.StartCoordinator();
  cluster.StartWorker(0);
  const auto is_away = [&] {
    return MetricValue(HttpGet(cluster.worker_http(0), "/metrics"), "gvsl_worker_dataset_away") > 0;
  };
  cluster.Submit({.steps = 120, .slots = 1});
  ASSERT_TRUE(cluster.WaitForStep("job", 3)) << cluster.Logs();
  std::filesystem::rename(dataset, dataset + ".away");
  ASSERT_TRUE(Eventually(is_away)) << cluster.Logs();
  EXPECT_EQ(cluster.Get("job")["state"], "RUNNING");
  std::filesystem::rename(dataset + ".away", dataset);
  ASSERT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Logs();
  EXPECT_FALSE(is_away());
  const std::string log = cluster.Ctl({"logs", "job"}).output;
  for (const char* said : {"the dataset is away", "the dataset is back"}) {
    EXPECT_NE(log.find(said), std::string::npos) << said << ": " << log;
  }
  const std::string events = cluster.Ctl({"events", "job"}).output;
  const std::size_t away = events.find("DATASET_AWAY"), back = events.find("DATASET_BACK");
  EXPECT_LT(away, back) << events;
  EXPECT_NE(back, std::string::npos) << events;
  cluster.Submit({.name = "undisturbed", .steps = 120, .slots = 1});
  ASSERT_EQ(cluster.WaitForEnd("undisturbed"), "SUCCEEDED") << cluster.Logs();
  EXPECT_EQ(cluster.WeightsOf("job"), cluster.WeightsOf("undisturbed"));
}

TEST(BadInput, ACoordinatorThatIsNotThereIsExitStatusFive) {
  Cluster cluster;
  const Finished answer = RunProgram(
      {.arguments = {Cluster::Program("gvslctl"), "--coordinator", "127.0.0.1:1", "list"},
       .output_prefix = cluster.Path("ctl")});
  EXPECT_EQ(answer.status, 5) << answer.errors;
  EXPECT_NE(answer.errors.find("127.0.0.1:1"), std::string::npos) << answer.errors;
}

TEST(BadInput, AnUnknownJobIsExitStatusThree) {
  Cluster cluster;
  cluster.StartCoordinator();
  for (const char* command : {"get", "watch", "cancel", "pause", "events", "explain", "logs"}) {
    EXPECT_EQ(cluster.Ctl({command, "nobody"}).status, 3) << command;
  }
}

TEST(BadInput, ASecondCoordinatorOnTheSameStateIsRefused) {
  Cluster cluster;
  cluster.StartCoordinator();
  const Finished second =
      RunProgram({.arguments = {Cluster::Program("gvsl-coordinator"), "--listen", "127.0.0.1:0",
                                "--http", "127.0.0.1:0", "--state", cluster.Path("state")},
                  .output_prefix = cluster.Path("second")});
  EXPECT_EQ(second.status, 1);
  EXPECT_NE(second.errors.find(cluster.Path("state")), std::string::npos) << second.errors;
  EXPECT_EQ(second.output, "");
  EXPECT_EQ(cluster.Ctl({"list"}).status, 0);
}

TEST(BadInput, AnAddressBeyondThisMachineNeedsAnExplicitFlag) {
  Cluster cluster;
  const Finished answer =
      RunProgram({.arguments = {Cluster::Program("gvsl-coordinator"), "--listen", "0.0.0.0:0",
                                "--state", cluster.Path("state")},
                  .output_prefix = cluster.Path("open")},
                 seconds(10));
  EXPECT_EQ(answer.status, 2);
  EXPECT_NE(answer.errors.find("--insecure"), std::string::npos) << answer.errors;
}

TEST(BadInput, TheCheckpointDirectoryOfAnotherJobIsRefused) {
  Cluster cluster;
  cluster.Train(1, {.name = "first", .steps = 5});
  ASSERT_EQ(cluster.WaitForEnd("first"), "SUCCEEDED") << cluster.Logs();
  const Finished answer = cluster.Ctl(
      {"submit",
       cluster.WriteJob({.name = "second", .checkpoints = cluster.CheckpointDirectory("first")})});
  EXPECT_EQ(answer.status, 1);
  EXPECT_NE(answer.errors.find("first"), std::string::npos) << answer.errors;
}

TEST(BadInput, TheSameRequestTwiceIsOneJob) {
  Cluster cluster;
  cluster.MakeDataset();
  cluster.StartCoordinator();
  const std::string file = cluster.WriteJob({.min_workers = 2});
  EXPECT_EQ(cluster.Ctl({"submit", file, "--request-id", "r1"}).output, "job\n");
  cluster.coordinator().Signal(SIGKILL);
  ASSERT_TRUE(cluster.coordinator().WaitFor(seconds(5)));
  cluster.StartCoordinator();
  EXPECT_EQ(cluster.Ctl({"submit", file, "--request-id", "r1"}).output, "job\n");
  EXPECT_EQ(cluster.Ctl({"submit", file, "--request-id", "r1", "--set", "steps=41"}).status, 1);
  EXPECT_EQ(cluster.Ctl({"submit", file}).status, 1) << "the name is taken";
  EXPECT_EQ(Json::parse(cluster.Ctl({"list", "--json"}).output).size(), 1U);
}

TEST(BadInput, WhatALaterVersionBringsIsSaidByName) {
  Cluster cluster;
  cluster.MakeDataset();
  cluster.StartCoordinator();
  const std::string file = cluster.WriteJob({});
  for (const char* setting : {"precision=bf16", "queue=fast"}) {
    const Finished answer = cluster.Ctl({"submit", file, "--set", setting});
    EXPECT_NE(answer.status, 0) << setting;
    const std::string key = std::string(setting).substr(0, std::string(setting).find('='));
    EXPECT_NE(answer.errors.find(key), std::string::npos) << answer.errors;
    EXPECT_NE(answer.errors.find("UNIMPLEMENTED"), std::string::npos) << answer.errors;
  }
  EXPECT_EQ(cluster.Ctl({"list", "--json"}).output, "[]\n");
}

// A file system of its own that is really full.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=40m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  std::string path_;
  bool mounted_;
};

TEST(BadInput, AFullDiskAtCheckpointTimeLosesNothing) {
  Cluster cluster;
  const SmallDisk disk(cluster.Path("disk"));
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small tmpfs needs CAP_SYS_ADMIN";
  cluster.MakeDataset();
  const std::string checkpoints = cluster.Path("disk/ckpt");
  cluster.StartCoordinator();
  cluster.StartWorker(0);
  // One checkpoint of this job takes some 25 MB: the first fits, later ones find no room.
  cluster.Submit({.steps = 45, .every_steps = 10, .checkpoints = checkpoints});
  ASSERT_TRUE(Eventually([&] { return !cluster.Get("job")["checkpoints"].empty(); }));
  Json job;
  ASSERT_TRUE(Eventually(
      [&] {
        job = cluster.Get("job");
        return job["step"] == 45 &&
               job.value("reason", "").find("No space left") != std::string::npos;
      },
      std::chrono::seconds(120)))
      << job << cluster.Logs();
  EXPECT_EQ(job["state"], "RUNNING") << "what it holds is not given up: " << job;
  ASSERT_FALSE(job["checkpoints"].empty());
  const std::string step = job["checkpoints"].back()["step"].dump();
  EXPECT_EQ(cluster.Ctl({"checkpoint", "verify", "job", step}).status, 0);
  const std::string events = cluster.Ctl({"events", "job"}).output;
  EXPECT_NE(events.find("CHECKPOINT_FAILED"), std::string::npos) << events;

  // With room again, it writes what it holds and ends well, by itself.
  ASSERT_EQ(::mount("tmpfs", cluster.Path("disk").c_str(), "tmpfs", MS_REMOUNT, "size=200m"), 0);
  EXPECT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
}

}  // namespace
}  // namespace gvsl::testing_process
