// gvsl-dataset as a process: exit codes, and what it prints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/data_loader/dataset_program.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/temporary_directory.h"

namespace gvsl {
namespace {

using ::testing::HasSubstr;
using testing::Outcome;

class DatasetProgramTest : public testing::DatasetProgram {};

TEST_F(DatasetProgramTest, IngestsVerifiesShowsAndExports) {
  testing::WriteSlices(testing::MakeSlices(5), directory_ / "in/series");
  testing::MakeNifti(directory_ / "in/a.nii.gz", {});
  Outcome run = Run("ingest --input in --output set --spacing native --json");
  ASSERT_EQ(run.exit_code, 0) << StandardError();
  const auto report = nlohmann::json::parse(run.output);
  EXPECT_EQ(report["accepted"].size(), 2U);
  EXPECT_THAT(StandardError(), HasSubstr(directory_ / "in/a.nii.gz"));
  EXPECT_EQ(Run("verify set").exit_code, 0);
  run = Run("show set --json");
  EXPECT_EQ(run.exit_code, 0);
  const auto shown = nlohmann::json::parse(run.output);
  EXPECT_EQ(shown["volumes"], 2);
  EXPECT_EQ(shown["modalities"]["MR"], 1);
  EXPECT_TRUE(shown["labels"].is_object());
  const std::string id = shown["volume_list"][0]["id"];
  EXPECT_EQ(Run("export set " + id + " out.nii.gz").exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(directory_ / "out.nii.gz"));
  EXPECT_EQ(Run("show set").exit_code, 0);
}

TEST_F(DatasetProgramTest, CropsToTheBodyWhereAskedAndShowsFromWhat) {
  testing::NiftiKnobs knobs;
  knobs.size = {60, 40, 40};
  for (int i = 0; i < 60 * 40 * 40; ++i) {
    const int x = i % 60 - 40, y = i / 60 % 40 - 20, z = i / 2400 - 20;
    knobs.values.push_back(x * x + y * y + z * z < 300 ? 100 + x : -1000);
  }
  testing::MakeNifti(directory_ / "a.nii", knobs);
  ASSERT_EQ(Run("ingest --input a.nii --output set --crop body").exit_code, 0) << StandardError();
  EXPECT_THAT(StandardError(), HasSubstr("cropped from 40x40x60"));
  const auto shown = nlohmann::json::parse(Run("show set --json").output);
  const auto& volume = shown["volume_list"][0];
  EXPECT_EQ(volume["cut"]["whole"], (std::vector<int>{40, 40, 60}));
  EXPECT_LT(volume["size"][2], 50);
  EXPECT_THAT(Run("show set").output, HasSubstr("cropped from 40x40x60"));
  EXPECT_EQ(Run("verify set").exit_code, 0);
  ASSERT_EQ(Run("ingest --input a.nii --output whole").exit_code, 0) << StandardError();
  const auto whole = nlohmann::json::parse(Run("show whole --json").output);
  EXPECT_TRUE(whole["volume_list"][0]["cut"].is_null());
  EXPECT_EQ(Run("ingest --input a.nii --output other --crop head").exit_code, 2);
}

TEST_F(DatasetProgramTest, ExitsWithThreeWhenNothingWasAccepted) {
  auto slices = testing::MakeSlices(5);
  slices.erase(slices.begin() + 2);
  testing::WriteSlices(slices, directory_ / "in");
  const Outcome run = Run("ingest --input in --output set");
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_THAT(run.output, HasSubstr("MISSING_SLICE 1"));
  std::ifstream file(directory_ / "set/report.json");
  const auto report = nlohmann::json::parse(file);
  EXPECT_EQ(report["rejected"][0]["code"], "MISSING_SLICE");
  EXPECT_EQ(Run("convert --input in --output out.nii").exit_code, 1);
}

TEST_F(DatasetProgramTest, ExitsWithOneWhenTheDatasetIsThereOrDamagedOrMissing) {
  testing::MakeNifti(directory_ / "a.nii", {});
  EXPECT_EQ(Run("ingest --input a.nii --output set").exit_code, 0) << StandardError();
  EXPECT_EQ(Run("ingest --input a.nii --output set").exit_code, 1);
  EXPECT_THAT(StandardError(), HasSubstr("is there already"));
  EXPECT_EQ(Run("ingest --input a.nii --output set/other").exit_code, 1);
  EXPECT_THAT(StandardError(), HasSubstr("would lie in the dataset set,"));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "set/other.ingest"));
  std::filesystem::resize_file(directory_ / "set/shard-00000.safetensors", 100);
  EXPECT_EQ(Run("verify set").exit_code, 1);
  EXPECT_THAT(StandardError(), HasSubstr("shard-00000.safetensors"));
  EXPECT_EQ(Run("verify nothing").exit_code, 1);
  EXPECT_EQ(Run("show nothing").exit_code, 1);
  EXPECT_EQ(Run("ingest --input nothing --output other").exit_code, 1);
}

TEST_F(DatasetProgramTest, ExitsWithTwoAfterWrongUsage) {
  for (const char* wrong : {"",
                            "eat",
                            "ingest",
                            "ingest --input in",
                            "ingest --input in --output set --window bone",
                            "ingest --input in --output set --spacing 1,2",
                            "show",
                            "verify a b",
                            "ingest --input in --output set --volumes-per-shard 0",
                            "show set --yaml",
                            "ingest --input in --output set --window ''",
                            "ingest --input in --output set --spacing 0",
                            "ingest --input in --output set --window 2,1",
                            "ingest --input in --output set --threads 0",
                            "ingest --input in --output set --memory much",
                            "ingest --input in --output set --memory -1",
                            "ingest --input in --output set --skip-failed",
                            "ingest --input in --output set --aet ME",
                            "convert --input in --output out.png",
                            "export set volume out.png",
                            "report",
                            "report a b",
                            "report set --output set/page.html"}) {
    EXPECT_EQ(Run(wrong).exit_code, 2) << wrong;
  }
  EXPECT_EQ(Run("--help").exit_code, 0);
  EXPECT_EQ(Run("--version").exit_code, 0);
}

TEST_F(DatasetProgramTest, TakesAWindowThatBeginsWithAMinus) {
  testing::MakeNifti(directory_ / "a.nii", {});
  EXPECT_EQ(Run("ingest --input a.nii --output set --window -100,240").exit_code, 0)
      << StandardError();
  const auto shown = nlohmann::json::parse(Run("show set --json").output);
  EXPECT_EQ(shown["volume_list"][0]["window_range"], (std::vector<double>{-100, 240}));
}

TEST_F(DatasetProgramTest, ConvertSaysOnStandardErrorWhatItDidNotConvert) {
  std::filesystem::create_directories(directory_ / "in");
  std::ofstream(directory_ / "in/broken.dcm") << std::string(3000, 'z');
  EXPECT_EQ(Run("convert --input in --output out.nii").exit_code, 1);
  EXPECT_THAT(StandardError(), HasSubstr("in/broken.dcm: NOT_DICOM"));
  testing::MakeNifti(directory_ / "in/a.nii", {});
  const Outcome run = Run("convert --input in --output out.nii");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.output, "out.nii\n");
  EXPECT_THAT(StandardError(), HasSubstr("in/broken.dcm: NOT_DICOM"));
}

TEST_F(DatasetProgramTest, ANameWithControlCharactersStaysOneLine) {
  testing::MakeNifti(directory_ / "a\n\x1b[31mb.nii", {});
  EXPECT_EQ(Run("ingest --input . --output set").exit_code, 0);
  EXPECT_THAT(StandardError(), HasSubstr("/a\\x0a\\x1b[31mb.nii: "));
}

TEST_F(DatasetProgramTest, ATerminatedIngestionExitsLikeTheSignalAndIsGoneOnWith) {
  testing::MakeNifti(directory_ / "a.nii", {});
  std::filesystem::create_directories(directory_ / "in");
  for (int i = 0; i < 1000; ++i) {
    std::filesystem::create_hard_link(directory_ / "a.nii",
                                      directory_ / ("in/" + std::to_string(i) + ".nii"));
  }
  const Outcome run = Shell(GVSL_DATASET_PROGRAM
                            " ingest --input in --output set & p=$!; until ls set.ingest/part-*; "
                            "do :; done >&2; kill -TERM $p; wait $p");
  EXPECT_EQ(run.exit_code, 143);
  EXPECT_THAT(StandardError(), HasSubstr("is kept in set.ingest"));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "set"));
  EXPECT_EQ(Run("ingest --input in --output set --threads 2 --memory 1GiB").exit_code, 0);
  EXPECT_THAT(StandardError(), HasSubstr("by an earlier run"));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "set.ingest"));
}

}  // namespace
}  // namespace gvsl
