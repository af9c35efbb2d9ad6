// What people and Prometheus see of a running job.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/process/cluster.h"

namespace gvsl::testing_process {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

void ExpectCleanMetrics(const Cluster& cluster, const std::string& name, const std::string& page) {
  ASSERT_FALSE(page.empty()) << name;
  if (!std::filesystem::exists("/usr/bin/promtool")) GTEST_SKIP() << "promtool is not installed";
  const std::string file = cluster.Path(name + ".metrics");
  std::ofstream(file) << page;
  const Finished checked =
      RunProgram({.arguments = {"/bin/sh", "-c", "promtool check metrics < " + file},
                  .output_prefix = cluster.Path(name + "-promtool")});
  EXPECT_EQ(checked.status, 0) << name << checked.output << checked.errors;
}

class Observation : public testing::Test {
 protected:
  void SetUp() override {
    cluster_.Train(2, {.steps = 50, .min_workers = 2});
    ASSERT_TRUE(cluster_.WaitForStep("job", 5)) << cluster_.Logs();
  }
  Cluster cluster_;
};

TEST_F(Observation, MetricsFollowTheConventions) {
  const std::string coordinator = HttpGet(cluster_.coordinator_http(), "/metrics");
  EXPECT_THAT(coordinator, HasSubstr("gvsl_job_step"));
  ExpectCleanMetrics(cluster_, "coordinator", coordinator);
  const std::string worker = HttpGet(cluster_.worker_http(0), "/metrics");
  EXPECT_THAT(worker, HasSubstr("gvsl_worker_step"));
  ExpectCleanMetrics(cluster_, "worker", worker);
  for (const std::string& address : {cluster_.coordinator_http(), cluster_.worker_http(0)}) {
    EXPECT_EQ(HttpGet(address, "/healthz"), "ok\n");
    EXPECT_EQ(HttpGet(address, "/readyz"), "ready\n");
  }
}

TEST_F(Observation, GetShowsEveryListedField) {
  const Json job = cluster_.Get("job");
  for (const char* field :
       {"name", "uid", "state", "reason", "step", "steps", "round", "generation", "loss",
        "learning_rate", "samples_per_second", "eta_seconds", "goodput", "lost_seconds", "workers",
        "checkpoints", "result"}) {
    EXPECT_TRUE(job.contains(field)) << field;
  }
  EXPECT_EQ(job["state"], "RUNNING");
  EXPECT_TRUE(job["loss"].is_number());
  EXPECT_GT(job["samples_per_second"].get<double>(), 0);
  ASSERT_EQ(job["workers"].size(), 2U);
  std::vector<int> slots;
  for (const Json& worker : job["workers"]) {
    for (const char* field : {"name", "device", "slots", "step_seconds"}) {
      EXPECT_TRUE(worker.contains(field)) << field;
    }
    for (const Json& slot : worker["slots"]) slots.push_back(slot);
  }
  EXPECT_THAT(slots, testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(Observation, LogsOfBothWorkersCanBeFollowed) {
  const auto logs = cluster_.StartCtl({"logs", "job", "-f"});
  EXPECT_TRUE(Eventually(
      [&] {
        const std::string text = logs->Output();
        return text.find("worker-0") != std::string::npos &&
               text.find("worker-1") != std::string::npos;
      },
      seconds(20)))
      << logs->Output() << cluster_.Logs();
  EXPECT_EQ(cluster_.WaitForEnd("job"), "SUCCEEDED") << cluster_.Get("job") << cluster_.Logs();
  const auto status = logs->WaitFor(seconds(20));
  ASSERT_TRUE(status) << "follows beyond the end of the job";
  EXPECT_EQ(*status, 0);
}

TEST_F(Observation, WatchEndsWithTheJob) {
  const Finished watched = cluster_.Ctl({"watch", "job", "--json"}, seconds(120));
  EXPECT_EQ(watched.status, 0) << watched.errors;
  std::istringstream lines(watched.output);
  Json last;
  for (std::string line; std::getline(lines, line);) last = Json::parse(line);
  EXPECT_EQ(last["state"], "SUCCEEDED");
  EXPECT_EQ(last["step"], 50);
}

TEST_F(Observation, AnExportHasTheHashOfTheCheckpoint) {
  ASSERT_EQ(cluster_.WaitForEnd("job"), "SUCCEEDED") << cluster_.Get("job") << cluster_.Logs();
  const std::string out = cluster_.Path("weights.safetensors");
  const Finished exported = cluster_.Ctl({"export", "job", out});
  EXPECT_EQ(exported.status, 0) << exported.errors;
  const Finished hashed =
      RunProgram({.arguments = {"/usr/bin/sha256sum", out}, .output_prefix = cluster_.Path("sha")});
  EXPECT_EQ(hashed.output.substr(0, 64), cluster_.WeightsOf("job"));
}

}  // namespace
}  // namespace gvsl::testing_process
