// The rules of deploy/prometheus in a real Prometheus that scrapes a real cluster.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>

#include "common/file_system.h"
#include "tests/process/cluster.h"

namespace gvsl::testing_process {
namespace {

using std::chrono::seconds;

constexpr char kPrometheus[] = "/usr/bin/prometheus";

class Prometheus {
 public:
  // `targets`: the coordinator's HTTP address, then the workers'.
  Prometheus(const Cluster& cluster, const std::vector<std::string>& targets)
      : config_(cluster.Path("prometheus.yml")) {
    std::ofstream config(config_);
    config << "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
           << "rule_files: [" << GVSL_SOURCE_DIR << "/deploy/prometheus/rules.yml]\n"
           << "scrape_configs:\n";
    for (std::size_t i = 0; i < targets.size(); ++i) {
      config << "  - {job_name: " << (i == 0 ? "gvsl-coordinator" : "gvsl-worker-")
             << (i == 0 ? "" : std::to_string(i)) << ", static_configs: [{targets: ['" << targets[i]
             << "']}]}\n";
    }
    config.close();
    process_.emplace(Process::Options{
        .arguments = {kPrometheus, "--config.file=" + config_, "--web.listen-address=127.0.0.1:0",
                      "--storage.tsdb.path=" + cluster.Path("tsdb"), "--log.level=info"},
        .output_prefix = cluster.Path("prometheus")});
  }

  // Where it listens, from its log; empty while it does not say.
  std::string address() const {
    const std::string log = process_->Errors();
    const std::string mark = "msg=\"Listening on\" address=";
    const std::size_t at = log.find(mark);
    if (at == std::string::npos) return "";
    const std::size_t begin = at + mark.size();
    return log.substr(begin, log.find_first_of(" \n", begin) - begin);
  }
  std::string log() const { return process_->Errors(); }

  Json Api(const std::string& path) const {
    const Json answer = Json::parse(HttpGet(address(), "/api/v1/" + path), nullptr, false);
    return answer.is_object() ? answer : Json::object();
  }
  // How many series an expression has now; only letters that need no escape in a URL.
  std::size_t Series(const std::string& expression) const {
    Json answer = Api("query?query=" + expression);
    return answer["data"]["result"].size();
  }

 private:
  std::string config_;
  std::optional<Process> process_;
};

TEST(PrometheusRules, EveryRecordingRuleHasDataAndEveryRuleIsHealthy) {
  if (!std::filesystem::exists(kPrometheus)) GTEST_SKIP() << "there is no prometheus";
  Cluster cluster;
  cluster.Train(2, {.steps = 100'000, .min_workers = 1, .every_steps = 20});
  ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs();
  const Prometheus prometheus(cluster, {cluster.coordinator_http(), cluster.worker_http(0)});
  ASSERT_TRUE(Eventually([&] { return !prometheus.address().empty(); })) << prometheus.log();

  // A loss, so that time is lost, and a call that fails.
  cluster.worker(1).Signal(SIGKILL);
  EXPECT_EQ(cluster.Ctl({"get", "nobody"}).status, 3);

  std::set<std::string> recorded;
  ASSERT_TRUE(Eventually(
      [&] {
        Json answer = prometheus.Api("rules");
        std::size_t healthy = 0, all = 0;
        for (Json& group : answer["data"]["groups"]) {
          for (Json& rule : group["rules"]) {
            ++all;
            healthy += rule["health"] == "ok";
            if (rule["type"] == "recording") recorded.insert(rule["name"].get<std::string>());
          }
        }
        return all > 0 && healthy == all;
      },
      seconds(60)))
      << prometheus.Api("rules") << prometheus.log();
  ASSERT_GE(recorded.size(), 5U);
  for (const std::string& rule : recorded) {
    EXPECT_TRUE(Eventually(
        [&] {
          (void)cluster.Ctl({"get", "nobody"});
          return prometheus.Series(rule) > 0;
        },
        seconds(60), std::chrono::milliseconds(500)))
        << rule << " has no data";
  }
  for (const std::string metric :
       {"gvsl_job_step", "gvsl_job_lost_seconds_total", "gvsl_worker_heartbeat_age_seconds",
        "gvsl_worker_step_seconds", "gvsl_oldest_queued_job_age_seconds",
        "grpc_server_handling_seconds_bucket"}) {
    EXPECT_GT(prometheus.Series(metric), 0U) << metric;
  }
  EXPECT_EQ(prometheus.Series("gvsl_no_such_metric"), 0U) << "the question can be answered no";
}

}  // namespace
}  // namespace gvsl::testing_process
