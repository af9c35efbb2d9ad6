// What is done with a dataset, or with images and no dataset: verify, export, convert.
#include "data_loader/inspect.h"

#include <gtest/gtest.h>

#include <fstream>

#include "data_loader/convert.h"
#include "data_loader/dataset.h"
#include "data_loader/dataset_summary.h"
#include "data_loader/nifti_file.h"
#include "data_loader/nifti_reader.h"
#include "tests/data_loader/ingest_fixture.h"
#include "tests/support/dicom_maker.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::MakeSlices;
using ::gvsl::testing::NiftiKnobs;
using ::gvsl::testing::WriteSlices;

namespace fs = std::filesystem;

using InspectTest = IngestTest;

TEST_F(InspectTest, VerifyNamesTheDamagedFile) {
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

TEST_F(InspectTest, AnExportedVolumeIsTheOneInTheDataset) {
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

TEST_F(InspectTest, ConvertKeepsGridAndValuesAndNumbersFurtherVolumes) {
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
  const auto values =
      std::get<RawVolume>(NiftiReader().Read({directory_ / "out.nii.gz", {}, ""})).voxels;
  EXPECT_EQ(values[4], 44);  // the last row comes first, as dcm2niix has it
  EXPECT_GT(first.to_ras[1][1], 0);
  EXPECT_EQ(Convert(directory_ / "in", directory_ / "out.png", ignore).status().code(),
            StatusCode::kInvalidArgument);
}

TEST_F(InspectTest, ConvertTellsOfEverythingThatItDidNotConvert) {
  WriteSlices(MakeSlices(4), directory_ / "in/a");
  std::ofstream(directory_ / "in/broken.dcm") << std::string(3000, 'z');
  std::ofstream(directory_ / "in/notes.txt") << "hello";
  std::multiset<std::string> codes;
  const auto written = Convert(directory_ / "in", directory_ / "out.nii",
                               [&](const IngestEvent& event) { codes.insert(event.what.code); });
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->size(), 1U);
  EXPECT_EQ(codes, (std::multiset<std::string>{"", "IGNORED", "NOT_DICOM"}));
}

TEST_F(InspectTest, ConvertNeverWritesOverAnInput) {
  const std::string path = Make("in/a.nii", Knobs(1));
  const std::string before = Bytes("in/a.nii");
  EXPECT_EQ(Convert(path, path, [](const IngestEvent&) {}).status().code(),
            StatusCode::kAlreadyExists);
  EXPECT_EQ(Bytes("in/a.nii"), before);
}

TEST_F(InspectTest, ShowBearsAReportOfAnyContent) {
  Make("in/a.nii", Knobs(1));
  Run(Options());
  for (const std::string& report :
       {std::string(R"({"rejected":[{"code":7},"x",{},{"code":"CONSTANT"}]})"),
        "{\"rejected\":" + std::string(300'000, '[') + std::string(300'000, ']') + "}",
        std::string("[1")}) {
    std::ofstream(directory_ / "set/report.json") << report;
    EXPECT_TRUE(SummarizeDataset(PosixFileSystem(), directory_ / "set").ok());
  }
}

TEST_F(InspectTest, AManifestNestedWithoutEndIsDamaged) {
  fs::create_directories(directory_ / "set");
  const std::string nested = std::string(300'000, '[') + std::string(300'000, ']');
  for (const std::string& text :
       {nested, R"({"format_version":1,"manifest_sha256":"","a":)" + nested + "}"}) {
    std::ofstream(directory_ / "set/manifest.json") << text;
    EXPECT_EQ(ReadManifest(PosixFileSystem(), directory_ / "set").status().code(),
              StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace gvsl::data_loader
