// A header and its image in two files: one volume, whichever of them was found.
#include <gmock/gmock.h>

#include "data_loader/convert.h"
#include "data_loader/lone_image_reader.h"
#include "data_loader/source_name.h"
#include "tests/data_loader/ingest_fixture.h"
#include "tests/data_loader/nifti_fixture.h"
#include "tests/support/dicom_maker.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::CodeOf;
using ::gvsl::testing::MakeNifti;
using ::gvsl::testing::NiftiKnobs;
using ::gvsl::testing::ValueOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

class NiftiPairsTest : public NiftiTest {
 protected:
  ScanResult Scan(const std::vector<std::string>& names) {
    std::vector<std::string> files;
    for (const std::string& name : names) files.push_back(directory_ / name);
    return NiftiReader().Scan(files);
  }
  void Rename(const std::string& from, const std::string& to) {
    fs::rename(directory_ / from, directory_ / to);
  }
  // Removes the header's mark.
  void MakeAnalyze(const std::string& name) {
    NiftiKnobs knobs;
    knobs.magic = std::string(4, '\0');
    MakeNifti(directory_ / name, knobs);
  }
};

TEST_F(NiftiPairsTest, APairIsOneSourceByEitherFile) {
  MakeNifti(directory_ / "a.hdr", {});
  for (const auto& names :
       std::vector<std::vector<std::string>>{{"a.hdr", "a.img"}, {"a.hdr"}, {"a.img"}}) {
    const ScanResult scan = Scan(names);
    ASSERT_EQ(scan.sources.size(), 1U);
    EXPECT_EQ(scan.sources[0].path, directory_ / "a.hdr");
    EXPECT_THAT(scan.sources[0].files, ElementsAre(directory_ / "a.hdr", directory_ / "a.img"));
    EXPECT_EQ(scan.sources[0].stem, "a");
    EXPECT_THAT(scan.left, IsEmpty());
    EXPECT_EQ(ValueOf(NiftiReader().Read(scan.sources[0])).voxels, Ascending(24));
  }
}

TEST_F(NiftiPairsTest, NamesInCapitalsAndCompressionOfOneAloneAreFound) {
  MakeNifti(directory_ / "a.hdr", {});
  MakeNifti(directory_ / "b.hdr.gz", {});
  const std::vector<std::array<std::string, 2>> endings = {{".HDR", ".IMG"},
                                                           {".hdr", ".IMG"},
                                                           {".hdr.gz", ".img"},
                                                           {".hdr", ".img.gz"},
                                                           {".HDR.GZ", ".IMG.GZ"}};
  int number = 0;
  for (const auto& [header, image] : endings) {
    const std::string stem = "pair" + std::to_string(number++);
    const bool header_packed = header.size() > 4, image_packed = image.size() > 4;
    fs::copy(directory_ / (header_packed ? "b.hdr.gz" : "a.hdr"), directory_ / (stem + header));
    fs::copy(directory_ / (image_packed ? "b.img.gz" : "a.img"), directory_ / (stem + image));
    const ScanResult scan = Scan({stem + header, stem + image});
    ASSERT_EQ(scan.sources.size(), 1U) << header << image;
    EXPECT_THAT(scan.sources[0].files,
                ElementsAre(directory_ / (stem + header), directory_ / (stem + image)));
    EXPECT_EQ(ValueOf(NiftiReader().Read(scan.sources[0])).voxels, Ascending(24));
  }
}

TEST_F(NiftiPairsTest, AHeaderWithoutImageAndAnImageWithoutHeaderAreRefusedByName) {
  NiftiKnobs knobs;
  knobs.without_image = true;
  EXPECT_EQ(CodeOf(Read(knobs, "a.hdr")), "HEADER_WITHOUT_IMAGE");
  EXPECT_EQ(Scan({"a.hdr"}).sources.size(), 1U);
  WriteBytes("b.img", std::string(500, 'x'));
  EXPECT_THAT(Scan({"b.img"}).left, ElementsAre(directory_ / "b.img"));
  const ScanResult scan = LoneImageReader().Scan({directory_ / "b.img", directory_ / "c.txt"});
  ASSERT_EQ(scan.rejected.size(), 1U);
  EXPECT_EQ(scan.rejected[0].rejection.code, "IMAGE_WITHOUT_HEADER");
  EXPECT_THAT(scan.left, ElementsAre(directory_ / "c.txt"));
}

TEST_F(NiftiPairsTest, AnalyzeIsRefusedByName) {
  MakeAnalyze("a.hdr");
  EXPECT_EQ(Scan({"a.hdr", "a.img"}).sources.size(), 1U);
  EXPECT_EQ(CodeOf(ReadFile("a.hdr")), "ANALYZE");
  MakeAnalyze("a.nii");
  EXPECT_EQ(CodeOf(ReadFile("a.nii")), "ANALYZE");
}

TEST_F(NiftiPairsTest, HeadersOfOtherFormatsAreLeftWithTheirImages) {
  WriteBytes("a.hdr", "ENVI\nsamples = 4\nlines = 3\n");
  WriteBytes("a.img", std::string(500, 'x'));
  WriteBytes("b.hdr", "#?RADIANCE\n");
  WriteBytes("c.hdr", "");
  const ScanResult scan = Scan({"a.hdr", "a.img", "b.hdr", "c.hdr"});
  EXPECT_THAT(scan.sources, IsEmpty());
  EXPECT_EQ(scan.left.size(), 4U);
  EXPECT_THAT(LoneImageReader().Scan({directory_ / "a.img"}).rejected, IsEmpty());
}

TEST_F(NiftiPairsTest, AreNamedByTheirHeader) {
  const VolumeSource source{
      "/in/sub-01/T1w.hdr", {"/in/sub-01/T1w.hdr", "/in/sub-01/T1w.IMG"}, "T1w", ""};
  const SourceName name = NameOf(source, {"/in"});
  EXPECT_EQ(name.relative, "sub-01/T1w");
  EXPECT_EQ(name.stem, "T1w");
  EXPECT_EQ(SubjectByName("/in/x/case7_t1.hdr", "/in"), SubjectByName("/in/x/case7_t2.nii", "/in"));
}

TEST_F(NiftiPairsTest, AreConverted) {
  MakeNifti(directory_ / "in.hdr.gz", {});
  for (const char* name : {"in.hdr.gz", "in.img.gz"}) {
    const auto written = Convert(directory_ / name, directory_ / "out.nii", [](const auto&) {});
    ASSERT_TRUE(written.ok()) << written.status();
    ASSERT_EQ(written->size(), 1U);
    EXPECT_EQ(ValueOf(ReadFile("out.nii")).voxels, Ascending(24));
  }
}

class NiftiPairsIngestTest : public IngestTest {};

TEST_F(NiftiPairsIngestTest, MixWithSingleFilesLabelsAndDicomOfAnyName) {
  Make("in/a.hdr", Knobs(1));
  Make("in/b.nii", Knobs(2));
  NiftiKnobs alone = Knobs(3);
  alone.without_image = true;
  Make("in/c.hdr", alone);
  std::ofstream(directory_ / "in/d.img") << "no image at all";
  Make("labels/a.hdr.gz", LabelKnobs(7));
  Make("labels/b.nii.gz", LabelKnobs(8));
  testing::WriteSlices(testing::MakeSlices(4), directory_ / "in/series");
  for (const char* number : {"1", "2", "3", "4"}) {
    const std::string name = directory_ / "in/series/IM-00" + number;
    fs::rename(name + ".dcm", name + ".img");
  }
  IngestOptions options = Options();
  options.labels = directory_ / "labels";
  const IngestReport report = Run(options);
  EXPECT_EQ(report.accepted.size(), 3U);
  EXPECT_EQ(std::count_if(report.accepted.begin(), report.accepted.end(),
                          [](const auto& volume) { return volume.labelled; }),
            2);
  EXPECT_EQ(Codes(report.rejected),
            (std::set<std::string>{"HEADER_WITHOUT_IMAGE", "IMAGE_WITHOUT_HEADER"}));
  EXPECT_EQ(report.ignored_files, 0U);
}

TEST_F(NiftiPairsIngestTest, GiveTheSameDatasetAsSingleFiles) {
  for (int i = 0; i < 3; ++i) {
    const std::string stem = std::to_string(i);
    Make("in/" + stem + ".nii.gz", Knobs(i));
    NiftiKnobs knobs = Knobs(i);
    knobs.version = i == 1 ? 2 : 1;
    knobs.big_endian = i == 2;
    Make("pairs/" + stem + ".hdr", knobs);
  }
  Run(Options("one"));
  IngestOptions options = Options("two");
  options.inputs = {directory_ / "pairs"};
  Run(options);
  EXPECT_EQ(Manifest("one").sha256, Manifest("two").sha256);
}

}  // namespace
}  // namespace gvsl::data_loader
