#include "cli/dataset/progress_line.h"

#include <gtest/gtest.h>

namespace gvsl::cli::dataset {
namespace {

using data_loader::IngestProgress;
using Stage = IngestProgress::Stage;

constexpr std::uint64_t kMega = 1'000'000;

TEST(ProgressText, TellsHowFarHowFastAndHowLongYet) {
  const IngestProgress half = {Stage::kInputs, 3, 6, 500 * kMega, 1000 * kMega, 0};
  EXPECT_EQ(ProgressText(half, FromSeconds(10)), "3 of 6 inputs, 50%, 50.0 MB/s, 10s left");
  EXPECT_EQ(ProgressText(half, FromSeconds(5000)), "3 of 6 inputs, 50%, 0.1 MB/s, 1h 23m left");
  const IngestProgress early = {Stage::kShards, 1, 6, kMega, 1000 * kMega, 0};
  EXPECT_EQ(ProgressText(early, FromSeconds(0.5)), "1 of 6 shards, 0%");
  EXPECT_EQ(ProgressText({}, FromSeconds(10)), "0 of 0 inputs");
  EXPECT_EQ(ProgressText({Stage::kFiles, 0, 70'000, 0, 0, 0}, FromSeconds(10)),
            "looking through 70000 files");
  EXPECT_EQ(ProgressText({Stage::kFiles, 80, 70'000, 0, 0, 0}, FromSeconds(10)),
            "looked through 80 of 70000 files");
}

TEST(ProgressText, WhatAnEarlierRunDidIsNoSpeed) {
  const IngestProgress resumed = {Stage::kInputs, 5, 6, 900 * kMega, 1000 * kMega, 800 * kMega};
  EXPECT_EQ(ProgressText(resumed, FromSeconds(100)), "5 of 6 inputs, 90%, 1.0 MB/s, 1m 40s left");
  EXPECT_EQ(SummaryText(resumed, FromSeconds(100)),
            "5 inputs of 900.0 MB in 1m 40s (1.0 MB/s), 800.0 MB of it by an earlier run");
  EXPECT_EQ(SummaryText({Stage::kInputs, 1, 1, 2500 * kMega, 2500 * kMega, 0}, FromSeconds(5)),
            "1 input of 2.5 GB in 5s (500.0 MB/s)");
}

class ProgressLineTest : public ::testing::Test {
 protected:
  void Show(ProgressLine& line, std::size_t done) {
    line.Show({Stage::kInputs, done, 9, done * kMega, 9 * kMega, 0});
  }
  ProgressLine Line(bool is_terminal) {
    return {clock_, is_terminal, [this](const std::string& text) { written_ += text; }};
  }
  std::string Written() { return std::exchange(written_, ""); }
  FakeClock clock_;
  std::string written_;
};

TEST_F(ProgressLineTest, OnATerminalOneLineIsDrawnAgain) {
  ProgressLine line = Line(true);
  Show(line, 1);
  EXPECT_EQ(Written(), "");
  clock_.Advance(FromSeconds(0.3));
  Show(line, 2);
  EXPECT_EQ(Written(), "2 of 9 inputs, 22%");
  line.Print("accepted");
  EXPECT_EQ(Written(), "\r\x1b[Kaccepted\n");
  clock_.Advance(FromSeconds(0.1));
  Show(line, 3);
  EXPECT_EQ(Written(), "");
  clock_.Advance(FromSeconds(1.6));
  Show(line, 4);
  EXPECT_EQ(Written(), "4 of 9 inputs, 44%, 2.0 MB/s, 3s left");
  Show(line, 9);
  line.Finish();
  EXPECT_EQ(Written(), "\r\x1b[K9 inputs of 9.0 MB in 2s (4.5 MB/s)\n");
}

TEST_F(ProgressLineTest, SaysAtOnceWhatTakesLongWithoutAnythingDone) {
  ProgressLine line = Line(false);
  line.Show({Stage::kFiles, 0, 12, 0, 0, 0});
  EXPECT_EQ(Written(), "looking through 12 files\n");
}

TEST_F(ProgressLineTest, ElsewhereALineEveryTenSecondsAtMost) {
  ProgressLine line = Line(false);
  for (int second = 1; second <= 9; ++second) {
    clock_.Advance(FromSeconds(1));
    Show(line, 1);
  }
  EXPECT_EQ(Written(), "");
  clock_.Advance(FromSeconds(1));
  Show(line, 5);
  EXPECT_EQ(Written(), "5 of 9 inputs, 55%, 0.5 MB/s, 8s left\n");
  Show(line, 6);
  line.Print("accepted");
  EXPECT_EQ(Written(), "accepted\n");
}

}  // namespace
}  // namespace gvsl::cli::dataset
