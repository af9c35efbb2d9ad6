// gvsl-dataset ingest, killed at random moments and started again: the same bytes as of one that
// ran through. GVSL_KILLS sets how often.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "common/text.h"
#include "tests/process/process.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/temporary_directory.h"

namespace gvsl {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing_process::Process;

int Kills() {
  const char* text = std::getenv("GVSL_KILLS");
  return text != nullptr ? std::atoi(text) : 6;
}

class IngestKillTest : public ::testing::Test {
 protected:
  void WriteInputs() {
    fs::create_directories(directory_ / "in");
    for (int number = 0; number < 24; ++number) {
      testing::NiftiKnobs knobs;
      knobs.size = {48, 48, 40};
      knobs.sform = testing::Straight({1.2, 1.1, 1}, {0, 0, 0});
      for (int i = 0; i < 48 * 48 * 40; ++i) knobs.values.push_back((i * (number + 3)) % 1009);
      testing::MakeNifti(directory_ / Concat("in/", number, number % 2 == 0 ? ".nii" : ".nii.gz"),
                         knobs);
    }
    testing::WriteSlices(testing::MakeSlices(12), directory_ / "in/series");
    fs::copy_file(directory_ / "in/3.nii.gz", directory_ / "in/again.nii.gz");
    fs::copy_file(directory_ / "in/2.nii", directory_ / "in/short.nii");
    fs::resize_file(directory_ / "in/short.nii", 5000);
  }
  Process Start(const std::string& output, const std::string& threads) {
    return Process({{GVSL_DATASET_PROGRAM, "ingest", "--input", directory_ / "in", "--output",
                     directory_ / output, "--threads", threads, "--volumes-per-shard", "3"},
                    directory_ / Concat(output, "-log"),
                    {}});
  }
  // But for what follows from the key of the names.
  std::map<std::string, std::string> Shards(const std::string& output) {
    std::map<std::string, std::string> content;
    for (const auto& entry : fs::directory_iterator(directory_ / output)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("shard-")) {
        content[name] = testing_process::ReadWholeFile(entry.path().string());
      }
    }
    return content;
  }
  std::string DatasetSha256(const std::string& output) {
    const auto shown = testing_process::RunProgram(
        {{GVSL_DATASET_PROGRAM, "show", directory_ / output, "--json"}, directory_ / "show", {}});
    EXPECT_EQ(shown.status, 0) << shown.errors;
    const std::size_t at = shown.output.find("\"sha256\"");
    return shown.output.substr(at, 80);
  }
  // Else the same command has to go on.
  bool IsFinished() {
    return fs::exists(directory_ / "set/manifest.json") &&
           (!fs::exists(directory_ / "set.ingest") || fs::is_empty(directory_ / "set.ingest"));
  }
  testing::TemporaryDirectory directory_;
};

TEST_F(IngestKillTest, EndsWithTheSameBytesWheneverItIsKilled) {
  WriteInputs();
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(Start("whole", "1").WaitFor(60s), 0);
  const auto whole_run = std::chrono::steady_clock::now() - begin;
  const auto shards = Shards("whole");
  ASSERT_EQ(shards.size(), 9U);
  const std::string sha256 = DatasetSha256("whole");

  std::mt19937 random(20261129);
  const int kills = Kills();
  int killed = 0, finished = 0;
  while (killed < kills || !fs::exists(directory_ / "set")) {
    Process run = Start("set", finished % 2 == 0 ? "1" : "3");
    const auto after = std::chrono::duration_cast<std::chrono::milliseconds>(whole_run) *
                       std::uniform_real_distribution<>(0, 0.6)(random);
    auto status = run.WaitFor(std::chrono::duration_cast<std::chrono::milliseconds>(after));
    if (!status && killed < kills) {
      run.Signal(SIGKILL);
      ++killed;
      ASSERT_TRUE(run.WaitFor(60s));
      if (!IsFinished()) continue;
    } else {
      if (!status) status = run.WaitFor(60s);
      ASSERT_EQ(status, 0) << run.Errors();
    }
    ASSERT_TRUE(IsFinished());
    ASSERT_EQ(DatasetSha256("set"), sha256);
    ASSERT_EQ(Shards("set"), shards);
    ++finished;
    if (killed < kills) fs::remove_all(directory_ / "set");
  }
  RecordProperty("killed", killed);
  RecordProperty("finished", finished);
  EXPECT_GE(killed, kills);
  EXPECT_EQ(testing_process::RunProgram(
                {{GVSL_DATASET_PROGRAM, "verify", directory_ / "set"}, directory_ / "verify", {}})
                .status,
            0);
}

}  // namespace
}  // namespace gvsl
