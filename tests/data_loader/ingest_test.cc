#include "data_loader/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "data_loader/convert.h"
#include "data_loader/dataset.h"
#include "data_loader/inspect.h"
#include "data_loader/nifti_file.h"
#include "data_loader/nifti_reader.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::MakeNifti;
using ::gvsl::testing::MakeSlices;
using ::gvsl::testing::NiftiKnobs;
using ::gvsl::testing::Straight;
using ::gvsl::testing::TemporaryDirectory;
using ::gvsl::testing::WriteSlices;
using ::testing::HasSubstr;
using ::testing::Not;

namespace fs = std::filesystem;

class IngestTest : public ::testing::Test {
 protected:
  // A 6 x 5 x 4 image whose content depends on `number`.
  static NiftiKnobs Knobs(int number) {
    NiftiKnobs knobs;
    knobs.size = {6, 5, 4};
    knobs.sform = Straight({1, 1, 1}, {0, 0, 0});
    for (int i = 0; i < 120; ++i) knobs.values.push_back((i * (number + 3)) % 101);
    return knobs;
  }
  static NiftiKnobs LabelKnobs(int label) {
    NiftiKnobs knobs = Knobs(0);
    knobs.datatype = 2;
    knobs.values.assign(120, label);
    return knobs;
  }
  std::string Make(const std::string& name, const NiftiKnobs& knobs) {
    fs::create_directories(fs::path(directory_ / name).parent_path());
    MakeNifti(directory_ / name, knobs);
    return directory_ / name;
  }
  IngestOptions Options(const std::string& output = "set") {
    IngestOptions options;
    options.inputs = {directory_ / "in"};
    options.output = directory_ / output;
    options.volumes_per_shard = 2;
    return options;
  }
  IngestReport Run(const IngestOptions& options) {
    const auto report = Ingest(PosixFileSystem(), options, nullptr);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : IngestReport();
  }
  std::string Bytes(const std::string& name) {
    return *ReadFile(PosixFileSystem(), directory_ / name);
  }
  DatasetManifest Manifest(const std::string& name = "set") {
    return *ReadManifest(PosixFileSystem(), directory_ / name);
  }
  static std::set<std::string> Codes(const std::vector<RejectedVolume>& rejected) {
    std::set<std::string> codes;
    for (const auto& volume : rejected) codes.insert(volume.rejection.code);
    return codes;
  }
  TemporaryDirectory directory_;
};

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

TEST_F(IngestTest, PairsLabelsAndClassesByStem) {
  Make("in/a.nii", Knobs(1));
  Make("in/b.nii.gz", Knobs(2));
  WriteSlices(MakeSlices(4), directory_ / "in/series");
  Make("in/labels/a.nii.gz", LabelKnobs(7));
  NiftiKnobs series_labels = LabelKnobs(3);
  // The series lies at x 32.5 to 40, y 42 to 50, z -60 to -51 mm.
  series_labels.sform = Straight({3, 3, 3}, {30, 40, -62});
  Make("in/labels/series.nii", series_labels);
  Make("in/labels/nobody.nii", LabelKnobs(1));
  std::ofstream(directory_ / "classes.csv") << "stem,class\na,1\nb,0\nseries,1\nnobody,0\n";
  IngestOptions options = Options();
  options.labels = directory_ / "in/labels";
  options.classes = directory_ / "classes.csv";
  const IngestReport report = Run(options);
  EXPECT_EQ(report.accepted.size(), 3U);
  EXPECT_EQ(Codes(report.rejected), (std::set<std::string>{"LABEL_WITHOUT_IMAGE"}));
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(report.warnings[0].code, "CLASS_WITHOUT_IMAGE");
  std::map<std::int32_t, int> labels;
  auto dataset = *Dataset::Open(PosixFileSystem(), directory_ / "set");
  for (std::uint32_t index = 0; index < 3; ++index) {
    const VolumeView view = *dataset->Volume(index);
    EXPECT_TRUE(dataset->manifest().volumes[index].class_index.has_value());
    ++labels[view.labels ? (*view.labels)[0] : 0];
  }
  EXPECT_EQ(labels, (std::map<std::int32_t, int>{{0, 1}, {3, 1}, {7, 1}}));
}

TEST_F(IngestTest, KeepsAnImageWhoseLabelsCannotBeUsed) {
  Make("in/a.nii", Knobs(1));
  NiftiKnobs elsewhere = LabelKnobs(1);
  elsewhere.sform = Straight({1, 1, 1}, {500, 0, 0});
  Make("labels/a.nii", elsewhere);
  IngestOptions options = Options();
  options.labels = directory_ / "labels";
  const IngestReport report = Run(options);
  ASSERT_EQ(report.accepted.size(), 1U);
  EXPECT_FALSE(report.accepted[0].labelled);
  EXPECT_EQ(Codes(report.rejected), (std::set<std::string>{"LABEL_GRID_MISMATCH"}));
}

TEST_F(IngestTest, KeepsTwoInputsWithOneStemAndWarns) {
  Make("in/x/a.nii", Knobs(1));
  Make("in/y/a.nii", Knobs(2));
  const IngestReport report = Run(Options());
  ASSERT_EQ(report.accepted.size(), 2U);
  EXPECT_NE(report.accepted[0].id, report.accepted[1].id);
  ASSERT_EQ(report.accepted[0].warnings.size(), 1U);
  EXPECT_EQ(report.accepted[0].warnings[0].code, "DUPLICATE_STEM");
}

TEST_F(IngestTest, VolumesOfOnePatientAndCopiesOfOneVolumeAreOneSubject) {
  WriteSlices(MakeSlices(4, "Doe"), directory_ / "in/1");
  auto second = MakeSlices(5, "Doe");
  for (auto& slice : second) {
    slice.series_uid += ".2";
    slice.instance_uid += ".2";
  }
  WriteSlices(second, directory_ / "in/2");
  WriteSlices(MakeSlices(6, "Roe"), directory_ / "in/3");
  Make("in/a.nii", Knobs(1));
  Make("in/b.nii", Knobs(1));
  Run(Options());
  std::map<std::uint32_t, int> subjects;
  for (const VolumeEntry& volume : Manifest().volumes) ++subjects[volume.subject];
  std::multiset<int> counts;
  for (const auto& [subject, count] : subjects) counts.insert(count);
  EXPECT_EQ(counts, (std::multiset<int>{1, 2, 2}));
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

TEST_F(IngestTest, VerifyNamesTheDamagedFile) {
  for (int i = 0; i < 4; ++i) Make("in/" + std::to_string(i) + ".nii", Knobs(i));
  Run(Options());
  for (const char* name : {"shard-00001.safetensors", "report.json", "manifest.json"}) {
    const std::string path = directory_ / "set/" + name;
    const std::string whole = Bytes(std::string("set/") + name);
    std::string damaged = whole;
    damaged[damaged.size() / 2] ^= 1;
    std::ofstream(path, std::ios::binary) << damaged;
    const auto found = VerifyDataset(PosixFileSystem(), directory_ / "set");
    ASSERT_EQ(found->size(), 1U) << name;
    EXPECT_EQ((*found)[0].file, path);
    std::ofstream(path, std::ios::binary) << whole;
  }
  EXPECT_TRUE(VerifyDataset(PosixFileSystem(), directory_ / "set")->empty());
  fs::remove(directory_ / "set/shard-00000.safetensors");
  EXPECT_EQ(VerifyDataset(PosixFileSystem(), directory_ / "set")->size(), 1U);
}

TEST_F(IngestTest, AnExportedVolumeIsTheOneInTheDataset) {
  NiftiKnobs knobs = Knobs(1);
  knobs.sform = {{{-1, 0, 0, 5}, {0, -1, 0, 7}, {0, 0, 1, 9}}};
  Make("in/a.nii", knobs);
  Make("labels/a.nii", knobs);
  IngestOptions options = Options();
  options.labels = directory_ / "labels";
  Run(options);
  const std::string id = Manifest().volumes[0].id;
  ASSERT_TRUE(ExportVolume(PosixFileSystem(), directory_ / "set", id, directory_ / "out.nii.gz",
                           directory_ / "labels.nii.gz")
                  .ok());
  NiftiReader reader;
  const auto read = reader.Read({directory_ / "out.nii.gz", {}, "out"});
  const RawVolume& volume = std::get<RawVolume>(read);
  auto dataset = *Dataset::Open(PosixFileSystem(), directory_ / "set");
  const VolumeView view = *dataset->Volume(0);
  EXPECT_TRUE(std::equal(volume.voxels.begin(), volume.voxels.end(), view.voxels.begin()));
  EXPECT_EQ(volume.to_ras, Manifest().volumes[0].grid.to_ras);
  EXPECT_EQ(volume.to_ras[0][3], 0);
  const auto labels = std::get<LabelMap>(ReadLabelMap(directory_ / "labels.nii.gz")).values;
  EXPECT_TRUE(std::equal(labels.begin(), labels.end(), view.labels->begin()));
  EXPECT_EQ(ExportVolume(PosixFileSystem(), directory_ / "set", "nobody", directory_ / "x.nii", "")
                .code(),
            StatusCode::kNotFound);
}

TEST_F(IngestTest, ConvertKeepsGridAndValuesAndNumbersFurtherVolumes) {
  WriteSlices(MakeSlices(4), directory_ / "in/a");
  auto scaled = MakeSlices(3, "Roe");
  for (auto& slice : scaled) slice.slope = 0.25;
  WriteSlices(scaled, directory_ / "in/b");
  const auto ignore = [](const IngestEvent&) {};
  const auto written = Convert(directory_ / "in", directory_ / "out.nii.gz", ignore);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(*written,
            (std::vector<std::string>{directory_ / "out.nii.gz", directory_ / "out_2.nii.gz"}));
  const auto first = std::get<NiftiHeader>(ReadNiftiHeader(directory_ / "out.nii.gz"));
  const auto second = std::get<NiftiHeader>(ReadNiftiHeader(directory_ / "out_2.nii.gz"));
  EXPECT_EQ(first.datatype_name, "INT16");
  EXPECT_EQ(second.datatype_name, "FLOAT32");
  EXPECT_EQ(first.size[2], 4);
  const auto values = std::get<0>(ReadNiftiValues(directory_ / "out.nii.gz"));
  EXPECT_EQ(values[4], 44);  // the last row comes first, as dcm2niix has it
  EXPECT_GT(first.to_ras[1][1], 0);
  EXPECT_EQ(Convert(directory_ / "in", directory_ / "out.png", ignore).status().code(),
            StatusCode::kInvalidArgument);
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
