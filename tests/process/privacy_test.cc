// Nothing of what names a patient, and no path of an image, is in anything that a job writes or
// that anybody is told of it: planted values are looked for in every byte.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "common/text.h"
#include "tests/process/cluster.h"
#include "tests/support/dicom_encoder.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/planted_text.h"

namespace gvsl::testing_process {
namespace {

namespace fs = std::filesystem;

constexpr char kPath[] = "QJXPATH";  // in names of folders and files

bool IsPrintable(char letter) { return letter >= 0x20 && letter < 0x7f; }

// Three letters turn up in megabytes of weights; the planted values with these have eight or more.
bool HasText(const std::string& bytes, const std::string& text) {
  if (text.size() > 3) return bytes.find(text) != std::string::npos;
  for (std::size_t at = bytes.find(text); at != std::string::npos; at = bytes.find(text, at + 1)) {
    std::size_t begin = at, end = at + text.size();
    while (begin > 0 && IsPrintable(bytes[begin - 1])) --begin;
    while (end < bytes.size() && IsPrintable(bytes[end])) ++end;
    if (end - begin >= 8) return true;
  }
  return false;
}

class PrivacyOfJobs : public ::testing::Test {
 protected:
  // 16 slices of 16 x 16 pixels, of a patient of their own.
  void WriteSeries(int number) {
    const std::string folder = cluster_.Path(Concat("in/", kPath, "-", number));
    fs::create_directories(folder);
    auto slices = ::gvsl::testing::MakeSlices(16, "ZQXPATIENT");
    for (std::size_t i = 0; i < slices.size(); ++i) {
      slices[i].rows = slices[i].columns = 16;
      slices[i].pixels.clear();
      for (int pixel = 0; pixel < 256; ++pixel) {
        const int z = static_cast<int>(i) - 8, y = pixel / 16 - 8, x = pixel % 16 - 8 + number;
        slices[i].pixels.push_back(static_cast<std::int16_t>(1000 / (4 + z * z + y * y + x * x)));
      }
      slices[i].series_uid = Concat("1.2.3.99999.7.", number);
      slices[i].instance_uid = Concat("1.2.3.99999.7.", number, ".", i + 1);
      const std::string path = Concat(folder, "/", kPath, i, ".dcm");
      ::gvsl::testing::WriteCodedSlice(slices[i], {}, path);
      ::gvsl::testing::PlantInDicom(path, Concat("ZQXPATIENT", number));
    }
  }
  void Ingest() {
    for (int number = 0; number < 4; ++number) WriteSeries(number);
    const Finished ingested =
        RunProgram({.arguments = {Cluster::Program("gvsl-dataset"), "ingest", "--input",
                                  cluster_.Path("in"), "--output", cluster_.Path("dataset"),
                                  "--spacing", "native", "--volumes-per-shard", "1"},
                    .output_prefix = cluster_.Path("ingest")});
    ASSERT_EQ(ingested.status, 0) << ingested.errors;
  }
  void ExpectNothingIn(const std::string& text, const std::string& where) {
    ++searched_;
    for (const std::string& planted : ::gvsl::testing::PlantedText()) {
      EXPECT_FALSE(HasText(text, planted)) << planted << " in " << where;
    }
    EXPECT_FALSE(HasText(text, kPath)) << kPath << " in " << where;
  }
  void ExpectNothingSaidOf(const std::string& job) {
    const std::string weights = cluster_.Path(job + "-weights");
    const std::vector<std::vector<std::string>> questions = {
        {"get", job},
        {"get", job, "--json"},
        {"list", "--json"},
        {"events", job},
        {"events", job, "--json"},
        {"explain", job},
        {"logs", job},
        {"checkpoints", job},
        {"checkpoints", job, "--json"},
        {"workers", "--json"},
        {"export", job, weights + ".safetensors"},
        {"export", job, weights + ".pth"}};
    for (const auto& question : questions) {
      const Finished said = cluster_.Ctl(question);
      ExpectNothingIn(said.output + said.errors, question[0] + " " + job);
    }
    for (const std::string& address : {cluster_.coordinator_http(), cluster_.worker_http(0)}) {
      const std::string page = HttpGet(address, "/metrics");
      EXPECT_FALSE(page.empty());
      ExpectNothingIn(page, "/metrics");
    }
  }
  // The one map from sources to hashes, and what the person who ingests is told, may name paths.
  void ExpectNothingWritten() {
    for (const auto& entry : fs::recursive_directory_iterator(cluster_.root())) {
      const std::string path = fs::relative(entry.path(), cluster_.root()).string();
      ExpectNameless(path);
      if (!entry.is_regular_file() || path.starts_with("in/")) continue;
      if (path == "dataset/sources.json" || path == "ingest.err") continue;
      ExpectNothingIn(ReadWholeFile(entry.path().string()), path);
    }
  }
  void ExpectNameless(const std::string& path) {
    if (path.starts_with("in/")) return;
    EXPECT_EQ(path.find("ZQX"), std::string::npos) << path;
    EXPECT_EQ(path.find(kPath), std::string::npos) << path;
  }

  Cluster cluster_;
  int searched_ = 0;
};

TEST_F(PrivacyOfJobs, NothingPlantedIsInAnythingThatAJobWritesOrSays) {
  Ingest();
  cluster_.StartCoordinator();
  cluster_.StartWorker(0);
  cluster_.Submit({.steps = 6, .slots = 2, .every_steps = 3});
  ASSERT_EQ(cluster_.WaitForEnd("job"), "SUCCEEDED") << cluster_.Logs();
  ExpectNothingSaidOf("job");
  EXPECT_TRUE(fs::exists(cluster_.Path("job-weights.safetensors")));
  EXPECT_TRUE(fs::exists(cluster_.Path("job-weights.pth")));

  // A job in trouble says more. Whatever becomes of it, it names no source.
  const std::string shard = cluster_.Path("dataset/shard-00001.safetensors");
  std::fstream(shard, std::ios::in | std::ios::out | std::ios::binary)
      .seekp(-10, std::ios::end)
      .put('\x7f');
  cluster_.StartWorker(0);
  cluster_.Submit({.name = "trouble", .steps = 12, .slots = 2, .every_steps = 3});
  EXPECT_NE(cluster_.WaitForEnd("trouble"), "") << cluster_.Logs();
  ExpectNothingSaidOf("trouble");
  cluster_.StopWorker(0);
  ExpectNothingWritten();
  EXPECT_GE(searched_, 60);  // state, logs, checkpoints, lineage, exports, shards, answers
}

// That the test could fail: what is looked for is there to be found.
TEST_F(PrivacyOfJobs, ThePlantedValuesAreFoundWhereTheyAre) {
  WriteSeries(0);
  const std::string slice = ReadWholeFile(cluster_.Path("in/QJXPATH-0/QJXPATH3.dcm"));
  for (const std::string& planted : ::gvsl::testing::PlantedText()) {
    EXPECT_TRUE(HasText(slice, planted)) << planted;
  }
  EXPECT_TRUE(HasText(slice, "ZQXPATIENT0"));
  EXPECT_FALSE(HasText(std::string("\x01\x02ZQX\x03", 6), "ZQX"));
}

}  // namespace
}  // namespace gvsl::testing_process
