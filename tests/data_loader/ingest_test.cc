#include "data_loader/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "data_loader/dataset.h"
#include "data_loader/inspect.h"
#include "tests/data_loader/ingest_fixture.h"
#include "tests/support/dicom_maker.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::MakeSlices;
using ::gvsl::testing::NiftiKnobs;
using ::gvsl::testing::Straight;
using ::gvsl::testing::TemporaryDirectory;
using ::gvsl::testing::WriteSlices;
using ::testing::HasSubstr;
using ::testing::Not;

namespace fs = std::filesystem;

TEST_F(IngestTest, AcceptsNiftiAndDicomAndRejectsTheRestWithCodes) {
  Make("in/a.nii", Knobs(1));
  Make("in/deep/er/b.nii.gz", Knobs(2));
  WriteSlices(MakeSlices(5), directory_ / "in/series");
  NiftiKnobs truncated = Knobs(3);
  truncated.missing_bytes = 9;
  Make("in/c.nii", truncated);
  NiftiKnobs constant = Knobs(3);
  constant.values.assign(120, 4);
  Make("in/d.nii", constant);
  std::ofstream(directory_ / "in/notes.txt") << "hello";
  const IngestReport report = Run(Options());
  EXPECT_EQ(report.accepted.size(), 3U);
  EXPECT_EQ(Codes(report.rejected), (std::set<std::string>{"CONSTANT", "TRUNCATED"}));
  EXPECT_EQ(report.ignored_files, 1U);
  EXPECT_TRUE(VerifyDataset(PosixFileSystem(), directory_ / "set")->empty());
  EXPECT_EQ(report.dataset_sha256, Manifest().sha256);
}

TEST_F(IngestTest, DoesNotDependOnNamesOfFoldersNorOnTheirOrderNorOnTheKey) {
  for (int i = 0; i < 5; ++i) {
    Make("in/" + std::to_string(i) + ".nii", Knobs(i));
    Make("other/x" + std::to_string(9 - i) + "/" + std::to_string(i) + ".nii", Knobs(i));
  }
  WriteSlices(MakeSlices(4), directory_ / "in/series");
  auto slices = MakeSlices(4);
  std::reverse(slices.begin(), slices.end());
  WriteSlices(slices, directory_ / "other/a/b/renamed");
  Run(Options("one"));
  IngestOptions options = Options("two");
  options.inputs = {directory_ / "other/x9", directory_ / "other"};
  Run(options);
  EXPECT_EQ(Manifest("one").sha256, Manifest("two").sha256);
  ASSERT_EQ(Manifest("one").shards.size(), 3U);
  for (const ShardEntry& shard : Manifest("one").shards) {
    EXPECT_EQ(Bytes("one/" + shard.file), Bytes("two/" + shard.file));
  }
  EXPECT_NE(Manifest("one").volumes[0].source, Manifest("two").volumes[0].source);
}

TEST_F(IngestTest, NamesNoPathAndNoPatientAnywhereButInTheOwnersFile) {
  Make("in/Mustermann^Erika.nii", Knobs(1));
  NiftiKnobs broken = Knobs(2);
  broken.missing_bytes = 5;
  Make("in/Mustermann^Max.nii", broken);
  WriteSlices(MakeSlices(3, "PATIENT4711"), directory_ / "in/series");
  Run(Options());
  for (const auto& entry : fs::directory_iterator(directory_ / "set")) {
    if (entry.path().filename() == kSourcesName) continue;
    const std::string bytes = *ReadFile(PosixFileSystem(), entry.path().string());
    EXPECT_THAT(bytes, Not(HasSubstr("Mustermann"))) << entry.path();
    EXPECT_THAT(bytes, Not(HasSubstr("4711"))) << entry.path();
    EXPECT_THAT(bytes, Not(HasSubstr(directory_.path()))) << entry.path();
  }
  struct stat info {};
  ASSERT_EQ(::stat((directory_ / "set/sources.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  const auto sources = nlohmann::json::parse(Bytes("set/sources.json"));
  const std::string source = Manifest().volumes[0].source;
  EXPECT_TRUE(sources["sources"].contains(source));
}

TEST_F(IngestTest, SaysWhatItCouldNotOpenAndWhichLinksItDidNotFollow) {
  Make("in/a.nii", Knobs(1));
  fs::create_symlink("annexed/elsewhere.nii", directory_ / "in/b.nii");
  fs::create_directory_symlink("..", directory_ / "in/loop");
  const IngestReport report = Run(Options());
  EXPECT_EQ(report.accepted.size(), 1U);
  EXPECT_EQ(Codes(report.rejected), (std::set<std::string>{"UNREADABLE"}));
  ASSERT_FALSE(report.warnings.empty());
  EXPECT_EQ(report.warnings[0].code, "LINK_NOT_FOLLOWED");
}

TEST_F(IngestTest, NoNumberOfAHeaderMakesADatasetThatCannotBeReadBack) {
  Make("in/a.nii", Knobs(1));
  auto slices = MakeSlices(4);
  for (auto& slice : slices) slice.slope = 1e300;
  WriteSlices(slices, directory_ / "in/slope");
  slices = MakeSlices(4, "Roe");
  for (auto& slice : slices) slice.pixel_spacing = {1e-200, 1e200};
  WriteSlices(slices, directory_ / "in/spacing");
  EXPECT_EQ(Codes(Run(Options()).rejected),
            (std::set<std::string>{"INVALID_GEOMETRY", "INVALID_RESCALE"}));
  EXPECT_EQ(Manifest().volumes.size(), 1U);
}

TEST_F(IngestTest, LeavesNothingBehindWhenItIsStoppedBeforeItDidAnything) {
  for (int i = 0; i < 3; ++i) Make("in/" + std::to_string(i) + ".nii", Knobs(i));
  IngestOptions options = Options();
  int seen = 0;
  options.stop = [&] { return ++seen > 3; };
  EXPECT_EQ(Ingest(PosixFileSystem(), options, nullptr).status().code(), StatusCode::kCancelled);
  EXPECT_EQ(*PosixFileSystem().List(directory_.path()), std::vector<std::string>{"in"});
}

TEST_F(IngestTest, ResamplesToTheSpacingAskedForOrKeepsTheNativeOne) {
  NiftiKnobs knobs = Knobs(1);
  knobs.sform = Straight({2, 1, 1.5}, {0, 0, 0});
  Make("in/a.nii", knobs);
  Run(Options("millimetre"));
  EXPECT_EQ(Manifest("millimetre").volumes[0].grid.size, (std::array<std::int64_t, 3>{6, 5, 12}));
  IngestOptions options = Options("native");
  options.prepare.spacing.reset();
  Run(options);
  EXPECT_EQ(Manifest("native").volumes[0].grid.size, (std::array<std::int64_t, 3>{4, 5, 6}));
  EXPECT_EQ(Manifest("native").volumes[0].grid.spacing, (std::array<double, 3>{1.5, 1, 2}));
}

TEST_F(IngestTest, LeavesAReportWhereNothingWasAcceptedAndMayBeRunAgain) {
  NiftiKnobs knobs = Knobs(1);
  knobs.missing_bytes = 3;
  Make("in/a.nii", knobs);
  EXPECT_TRUE(Run(Options()).accepted.empty());
  EXPECT_THAT(Bytes("set/report.json"), HasSubstr("TRUNCATED"));
  EXPECT_EQ(ReadManifest(PosixFileSystem(), directory_ / "set").status().code(),
            StatusCode::kNotFound);
  Make("in/a.nii", Knobs(1));
  EXPECT_EQ(Run(Options()).accepted.size(), 1U);
  EXPECT_EQ(Ingest(PosixFileSystem(), Options(), nullptr).status().code(),
            StatusCode::kAlreadyExists);
}

TEST_F(IngestTest, AnInputThatIsNotThereIsAnError) {
  EXPECT_EQ(Ingest(PosixFileSystem(), Options(), nullptr).status().code(), StatusCode::kNotFound);
  EXPECT_FALSE(fs::exists(directory_ / "set"));
}

TEST(Spacing, IsNativeOrOneOrThreeLengths) {
  EXPECT_FALSE(ParseSpacing("native")->has_value());
  EXPECT_EQ(**ParseSpacing("1.5,2,3"), (std::array<double, 3>{1.5, 2, 3}));
  EXPECT_EQ(**ParseSpacing("5"), (std::array<double, 3>{5, 5, 5}));
  for (const char* wrong : {"", "1,2", "1,2,3,4", "0,1,1", "-1,1,1", "a,b,c", "1,1,1,", "nan"}) {
    EXPECT_EQ(ParseSpacing(wrong).status().code(), StatusCode::kInvalidArgument) << wrong;
  }
}

}  // namespace
}  // namespace gvsl::data_loader
