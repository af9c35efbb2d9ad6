// gvslctl compare against a real coordinator and workers.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "common/text.h"
#include "tests/process/cluster.h"

namespace gvsl::testing_process {
namespace {

using std::chrono::seconds;

class Compare : public ::testing::Test {
 protected:
  Compare() {
    cluster.MakeDataset("dataset", 12);
    cluster.StartCoordinator();
    cluster.StartWorker(0);
    cluster.StartWorker(1);
  }
  std::string WriteComparison() {
    const std::string path = cluster.Path("table.yaml");
    std::ofstream(path)
        << "name: few\ndirectory: " << cluster.Path("table") << "\nmethods: [scratch, gvsl]\n"
        << "seeds: [1, 2]\nevaluate: [linear]\n"
        << "common: {dataset: " << cluster.Path("dataset")
        << ", model: {width: 8}, optimizer: {lr: 1.0e-3}, slots: 2,"
        << " workers: {min: 1, max: 1, threads: 1}}\n"
        << "pretrain: {steps: 30}\ntasks:\n"
        << "- {task: segment, steps: 4, evaluate_every: 2, split: {train: 6, validation: 3, test: "
           "rest}}\n";
    return path;
  }
  static std::string Slurp(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  std::string Read(const std::string& name) { return Slurp(cluster.Path("table/" + name)); }
  Cluster cluster;
};

TEST_F(Compare, PretrainsEvaluatesAndPrintsTheTable) {
  const std::string file = WriteComparison();
  const Finished first = cluster.Ctl({"compare", file}, seconds(180));
  ASSERT_EQ(first.status, 0) << first.errors << cluster.Logs();
  EXPECT_NE(first.output.find("linear segment (dsc)"), std::string::npos) << first.output;
  EXPECT_NE(first.output.find("±"), std::string::npos) << first.output;
  EXPECT_NE(Read("report.html").find("<polyline"), std::string::npos);
  const Json table = Json::parse(Read("table.json"));
  EXPECT_EQ(table["columns"][0]["methods"]["gvsl"]["scores"].size(), 2U) << table;

  const Finished again = cluster.Ctl({"compare", file}, seconds(20));
  EXPECT_EQ(again.status, 0) << again.errors;
  EXPECT_EQ(again.output, first.output);
  EXPECT_EQ(Json::parse(cluster.Ctl({"--json", "list"}).output).size(), 6U) << "made again";
}

TEST_F(Compare, LeavesItsJobsWhenItIsInterruptedAndFindsThemAgain) {
  const std::string file = WriteComparison();
  const auto running = cluster.StartCtl({"compare", file});
  ASSERT_TRUE(cluster.WaitForStep("few-gvsl", 1)) << cluster.Logs();
  running->Signal(SIGINT);
  ASSERT_TRUE(running->WaitFor(seconds(10)));
  const Finished after = cluster.Ctl({"compare", file}, seconds(180));
  EXPECT_EQ(after.status, 0) << after.errors << cluster.Logs();
  EXPECT_EQ(Json::parse(cluster.Ctl({"--json", "list"}).output).size(), 6U);
}

TEST_F(Compare, ATaskThatCannotBeIsRefusedBeforeAnythingIsTrained) {
  const std::string file = WriteComparison();
  std::string text = Slurp(file);
  text.replace(text.find("train: 6"), 8, "train: 600");
  std::ofstream(file) << text;
  const Finished refused = cluster.Ctl({"compare", file});
  EXPECT_NE(refused.status, 0);
  EXPECT_NE(refused.errors.find("few-segment-scratch-linear-1"), std::string::npos)
      << refused.errors;
  EXPECT_TRUE(Json::parse(cluster.Ctl({"--json", "list"}).output).empty());
}

TEST_F(Compare, WhatFailedStaysSoWithoutResumeAndTheTableSaysIt) {
  const std::string file = WriteComparison();
  const auto running = cluster.StartCtl({"compare", file});
  ASSERT_TRUE(cluster.WaitForStep("few-gvsl", 1)) << cluster.Logs();
  ASSERT_EQ(cluster.Ctl({"cancel", "few-gvsl"}).status, 0);
  ASSERT_TRUE(running->WaitFor(seconds(120))) << cluster.Logs();
  const Finished again = cluster.Ctl({"compare", file, "--no-resume"}, seconds(60));
  EXPECT_EQ(again.status, 6) << again.errors;
  EXPECT_NE(again.output.find("few-segment-gvsl-linear-1: what it begins with failed"),
            std::string::npos)
      << again.output;
  const Finished resumed = cluster.Ctl({"compare", file}, seconds(180));
  EXPECT_EQ(resumed.status, 0) << resumed.output << resumed.errors;
}

TEST_F(Compare, AJobThatCannotBeIsTheEndAndNamed) {
  const Finished refused =
      cluster.Ctl({"compare", WriteComparison(), "--set", "common.dataset=/not/there"});
  EXPECT_EQ(refused.status, 3) << refused.errors;
  EXPECT_NE(refused.errors.find("few-scratch"), std::string::npos) << refused.errors;
}

}  // namespace
}  // namespace gvsl::testing_process
