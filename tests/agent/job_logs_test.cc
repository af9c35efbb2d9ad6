#include "worker/agent/job_logs.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "common/fault_file_system.h"

namespace gvsl::agent {
namespace {

v1::LogAck Ack(const std::string& job_uid, std::uint64_t next_offset) {
  v1::LogAck ack;
  ack.set_job_uid(job_uid);
  ack.set_next_offset(next_offset);
  return ack;
}

TEST(JobLogs, LinesArePendingUntilTheyAreAcknowledged) {
  FaultFileSystem files;
  JobLogs logs(files, "/work/logs");
  logs.Append("j", "one");
  logs.Append("j", "two");
  for (int call = 0; call < 2; ++call) {
    const auto chunks = logs.Pending(1000);
    ASSERT_EQ(chunks.size(), 1U);
    EXPECT_EQ(chunks[0].offset(), 0U);
    EXPECT_EQ(chunks[0].text(), "one\ntwo\n");
  }
  EXPECT_FALSE(logs.AllAcknowledged());
  logs.Acknowledge(Ack("j", 4));
  ASSERT_EQ(logs.Pending(1000).size(), 1U);
  EXPECT_EQ(logs.Pending(1000)[0].offset(), 4U);
  EXPECT_EQ(logs.Pending(1000)[0].text(), "two\n");
  logs.Acknowledge(Ack("j", 8));
  EXPECT_TRUE(logs.Pending(1000).empty());
  EXPECT_TRUE(logs.AllAcknowledged());
}

TEST(JobLogs, NoMoreThanAskedForIsPendingOfAllJobsTogether) {
  FaultFileSystem files;
  JobLogs logs(files, "/work/logs");
  logs.Append("a", "0123456");
  logs.Append("b", "0123456");
  const auto chunks = logs.Pending(10);
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[0].text().size(), 8U);
  EXPECT_EQ(chunks[1].text().size(), 2U);
}

TEST(JobLogs, WhatIsSaidOutsideAJobIsKeptButNotSent) {
  FaultFileSystem files;
  JobLogs logs(files, "/work/logs");
  logs.Append("", "ready");
  EXPECT_TRUE(logs.Pending(1000).empty());
  EXPECT_TRUE(logs.AllAcknowledged());
  const auto text = ReadFile(files, "/work/logs/idle.log");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, "ready\n");
}

TEST(JobLogs, ACoordinatorThatHoldsTheBeginningOfAnEarlierLifeIsNotSentItAgain) {
  FaultFileSystem files;
  JobLogs(files, "/work/logs").Append("j", "before");
  JobLogs logs(files, "/work/logs");
  logs.Append("j", "after");
  logs.Acknowledge(Ack("j", 7));
  ASSERT_EQ(logs.Pending(1000).size(), 1U);
  EXPECT_EQ(logs.Pending(1000)[0].text(), "after\n");
}

TEST(JobLogs, AWorkerWhoseFilesAreLostGoesOnWhereTheCoordinatorStands) {
  FaultFileSystem files;
  JobLogs logs(files, "/work/logs");
  logs.Append("j", "one");
  logs.Acknowledge(Ack("j", 100));
  ASSERT_EQ(logs.Pending(1000).size(), 1U);
  EXPECT_EQ(logs.Pending(1000)[0].offset(), 100U);
  EXPECT_EQ(logs.Pending(1000)[0].text(), "one\n");
  logs.Acknowledge(Ack("j", 104));
  logs.Append("j", "two");
  ASSERT_EQ(logs.Pending(1000).size(), 1U);
  EXPECT_EQ(logs.Pending(1000)[0].offset(), 104U);
  EXPECT_EQ(logs.Pending(1000)[0].text(), "two\n");
}

TEST(JobLogs, ACoordinatorThatLostSomethingIsSentItAgain) {
  FaultFileSystem files;
  JobLogs logs(files, "/work/logs");
  logs.Append("j", "one");
  logs.Acknowledge(Ack("j", 4));
  logs.Acknowledge(Ack("j", 0));
  ASSERT_EQ(logs.Pending(1000).size(), 1U);
  EXPECT_EQ(logs.Pending(1000)[0].offset(), 0U);
}

TEST(JobLogs, AFullDiskLosesLinesAndNothingElse) {
  FaultFileSystem files;
  JobLogs logs(files, "/work/logs");
  logs.Append("j", "one");
  files.SetCapacity(4);
  logs.Append("j", "lost");
  ASSERT_EQ(logs.Pending(1000).size(), 1U);
  EXPECT_EQ(logs.Pending(1000)[0].text(), "one\n");
}

TEST(JobLogs, AJobUidNeverLeavesTheFolder) {
  FaultFileSystem files;
  JobLogs logs(files, "/work/logs");
  logs.Append("../../etc/x", "line");
  const auto names = files.List("/work/logs");
  ASSERT_TRUE(names.ok()) << names.status();
  ASSERT_EQ((*names).size(), 1U);
  EXPECT_EQ((*names)[0], "______etc_x.log");
}

TEST(JobLogs, OnlyTheLogOfThePresentJobIsHeldOpen) {
  std::string directory = ::testing::TempDir() + "gvsl-logs-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  JobLogs logs(PosixFileSystem(), directory);
  const auto open_files = [] {
    const std::filesystem::directory_iterator files("/proc/self/fd");
    return std::distance(begin(files), end(files));
  };
  logs.Append("first", "a");
  const auto before = open_files();
  for (int job = 0; job < 20; ++job) logs.Append("job-" + std::to_string(job), "b");
  EXPECT_EQ(open_files(), before);
  EXPECT_EQ(logs.Pending(1 << 20).size(), 21u) << "what is not acknowledged is still sent";
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace gvsl::agent
