// Gangs that a real mpirun starts: the same bits as every other gang, and what becomes of the
// launch and of the job when one of them ends.
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <sstream>
#include <string>

#include "tests/process/cluster.h"

namespace gvsl::testing_process {
namespace {

using std::chrono::seconds;

constexpr int kJobEndedOtherwise = 6;
constexpr char kMpi[] = "collective: mpi\n";

std::vector<pid_t> ChildrenOf(pid_t process) {
  const std::string id = std::to_string(process);
  std::istringstream text(ReadWholeFile("/proc/" + id + "/task/" + id + "/children"));
  std::vector<pid_t> children;
  for (pid_t child = 0; text >> child;) children.push_back(child);
  return children;
}

// One launch. Its ranks do not outlive it.
class Launch {
 public:
  // mpirun waits so long before it passes SIGTERM on, and again before it kills.
  Launch(const Cluster& cluster, int ranks, int grace_seconds = 1)
      : mpirun_(
            {.arguments = {GVSL_MPIEXEC, "-n", std::to_string(ranks),
                           Cluster::Program("gvsl-worker"), "--gang", "mpi", "--coordinator",
                           cluster.address(), "--work-dir", cluster.Path("gang"), "--threads", "1"},
             .output_prefix = cluster.Path("mpirun-" + std::to_string(++launches_)),
             .environment = {
                 {"OMPI_ALLOW_RUN_AS_ROOT", "1"},
                 {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
                 {"OMPI_MCA_rmaps_base_oversubscribe", "1"},
                 {"OMPI_MCA_hwloc_base_binding_policy", "none"},
                 {"OMPI_MCA_odls_base_sigkill_timeout", std::to_string(grace_seconds)}}}) {}
  ~Launch() {
    if (!mpirun_.IsRunning()) return;
    for (const pid_t agent : Agents()) ::kill(agent, SIGKILL);
    mpirun_.WaitFor(seconds(20));
  }
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;

  Process& mpirun() { return mpirun_; }
  std::vector<pid_t> Agents() const { return mpirun_.Children(); }
  // -1 at the deadline.
  int Status() { return mpirun_.WaitFor(seconds(60)).value_or(-1); }
  std::string Errors() const { return "\n--- mpirun\n" + mpirun_.Errors(); }

 private:
  static inline int launches_ = 0;
  Process mpirun_;
};

class MpiGang : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(GVSL_MPIEXEC).empty()) GTEST_SKIP() << "there is no mpirun on this machine";
    cluster.MakeDataset();
    cluster.StartCoordinator();
  }
  void Submit() { cluster.Submit({.extra = kMpi}); }
  bool IsQueuedAgain() {
    return Eventually([&] { return cluster.Get("job").value("state", "") == "QUEUED"; });
  }
  // No step is lost.
  void ExpectQueuedWithACheckpoint() {
    ASSERT_TRUE(IsQueuedAgain()) << cluster.Get("job") << cluster.Logs();
    const Json stopped = cluster.Get("job");
    ASSERT_EQ(stopped["checkpoints"].size(), 1U) << stopped << cluster.Logs();
    EXPECT_EQ(stopped["checkpoints"][0]["step"], stopped["step"]);
    EXPECT_GE(stopped["step"], 5);
  }
  // The job, on a launch of so many ranks, to its end.
  void ExpectSuccess(int ranks) {
    Launch launch(cluster, ranks);
    EXPECT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED")
        << cluster.Get("job") << cluster.Logs() << launch.Errors();
    EXPECT_EQ(launch.Status(), 0) << launch.Errors();
    EXPECT_EQ(cluster.WeightsOf("job"), PoolHash());
  }

  // What two workers of a pool make of the same job. Computed once.
  static const std::string& PoolHash() {
    static const std::string hash = [] {
      Cluster pool;
      pool.Train(2, {.min_workers = 2, .extra = "collective: grpc\n"});
      EXPECT_EQ(pool.WaitForEnd("job"), "SUCCEEDED") << pool.Logs();
      return pool.WeightsOf("job");
    }();
    return hash;
  }

  Cluster cluster;
};

class MpiGangOf : public MpiGang, public testing::WithParamInterface<int> {};

TEST_P(MpiGangOf, HasTheBitsOfThePoolAndEndsWithStatusZero) {
  Submit();
  ExpectSuccess(GetParam());
  std::cout << "weights_sha256 " << cluster.WeightsOf("job") << "\n";
}

INSTANTIATE_TEST_SUITE_P(SoManyRanks, MpiGangOf, testing::Values(1, 2, 4),
                         [](const auto& info) { return std::to_string(info.param); });

TEST_F(MpiGang, EndsWithAnAgentAndTheNextLaunchGoesOn) {
  Submit();
  {
    Launch launch(cluster, 3);
    ASSERT_TRUE(cluster.WaitForStep("job", 13)) << cluster.Logs() << launch.Errors();
    const auto agents = launch.Agents();
    ASSERT_EQ(agents.size(), 3U);
    ASSERT_EQ(::kill(agents[1], SIGKILL), 0);
    EXPECT_GT(launch.Status(), 0) << launch.Errors();
  }
  ASSERT_TRUE(IsQueuedAgain()) << cluster.Get("job") << cluster.Logs();
  EXPECT_GE(cluster.Get("job")["step"], 10);
  ExpectSuccess(2);
}

TEST_F(MpiGang, EndsWithATrainerAndTheNextLaunchGoesOn) {
  Submit();
  {
    Launch launch(cluster, 2);
    ASSERT_TRUE(cluster.WaitForStep("job", 13)) << cluster.Logs() << launch.Errors();
    const auto trainers = ChildrenOf(launch.Agents().at(0));
    ASSERT_EQ(trainers.size(), 1U);
    ASSERT_EQ(::kill(trainers[0], SIGKILL), 0);
    EXPECT_GT(launch.Status(), 0) << launch.Errors();
  }
  ASSERT_TRUE(IsQueuedAgain()) << cluster.Get("job") << cluster.Logs();
  EXPECT_GE(cluster.Get("job")["step"], 10);
  ExpectSuccess(4);
}

// As srun does it.
TEST_F(MpiGang, WritesACheckpointWhenItsRanksAreToldToEnd) {
  cluster.Submit({.every_steps = 1000, .extra = kMpi});
  {
    Launch launch(cluster, 2);
    ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs() << launch.Errors();
    for (const pid_t agent : launch.Agents()) ASSERT_EQ(::kill(agent, SIGTERM), 0);
    EXPECT_GT(launch.Status(), 0) << launch.Errors();
    EXPECT_NE(launch.Errors().find("UNAVAILABLE"), std::string::npos) << launch.Errors();
  }
  ExpectQueuedWithACheckpoint();
  ExpectSuccess(2);
}

TEST_F(MpiGang, WritesACheckpointWhenMpirunIsToldToEnd) {
  cluster.Submit({.steps = 100'000, .every_steps = 100'000, .extra = kMpi});
  Launch launch(cluster, 2, /*grace_seconds=*/5);
  ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs() << launch.Errors();
  launch.mpirun().Signal(SIGTERM);
  EXPECT_GT(launch.Status(), 0) << launch.Errors();
  ExpectQueuedWithACheckpoint();
}

TEST_F(MpiGang, IsDismissedWithTheStatusOfACancelledJob) {
  cluster.Submit({.steps = 100'000, .extra = kMpi});
  Launch launch(cluster, 2);
  ASSERT_TRUE(cluster.WaitForStep("job", 3)) << cluster.Logs() << launch.Errors();
  ASSERT_EQ(cluster.Ctl({"cancel", "job"}).status, 0);
  EXPECT_EQ(launch.Status(), kJobEndedOtherwise) << launch.Errors();
  EXPECT_NE(launch.Errors().find("job job is CANCELLED: somebody cancelled it"), std::string::npos)
      << launch.Errors();
}

TEST_F(MpiGang, WithoutALauncherIsWrongUsage) {
  const Finished alone = RunProgram({.arguments = {Cluster::Program("gvsl-worker"), "--gang", "mpi",
                                                   "--work-dir", cluster.Path("alone")},
                                     .output_prefix = cluster.Path("alone")});
  EXPECT_EQ(alone.status, 2);
  EXPECT_NE(alone.errors.find("mpirun -n 1"), std::string::npos) << alone.errors;
}

}  // namespace
}  // namespace gvsl::testing_process
