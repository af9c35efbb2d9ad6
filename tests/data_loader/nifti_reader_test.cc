#include "data_loader/nifti_reader.h"

#include <limits>
#include <map>

#include "tests/data_loader/nifti_fixture.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::CodeOf;
using ::gvsl::testing::MakeNifti;
using ::gvsl::testing::NiftiKnobs;
using ::gvsl::testing::Straight;
using ::gvsl::testing::ValueOf;

class NiftiReaderTest : public NiftiTest {};

TEST_F(NiftiReaderTest, ReadsEveryRealDatatype) {
  for (std::int16_t datatype : {2, 4, 8, 16, 64, 256, 512, 768, 1024, 1280, 1536}) {
    NiftiKnobs knobs;
    knobs.datatype = datatype;
    const RawVolume volume = ValueOf(Read(knobs));
    EXPECT_EQ(volume.size, (std::array<std::int64_t, 3>{2, 3, 4})) << datatype;
    EXPECT_EQ(volume.voxels, Ascending(24)) << datatype;
  }
}

TEST_F(NiftiReaderTest, ReadsGzipAndBigEndianAndHeaderExtensions) {
  NiftiKnobs knobs;
  EXPECT_EQ(ValueOf(Read(knobs, "a.nii.gz")).voxels, Ascending(24));
  knobs.big_endian = true;
  EXPECT_EQ(ValueOf(Read(knobs)).voxels, Ascending(24));
  knobs.extension_bytes = 12816;
  EXPECT_EQ(ValueOf(Read(knobs)).voxels, Ascending(24));
  EXPECT_EQ(ValueOf(Read(knobs, "a.nii.gz")).voxels, Ascending(24));
}

TEST_F(NiftiReaderTest, AppliesSlopeAndInterceptUnlessTheSlopeIsZero) {
  NiftiKnobs knobs;
  knobs.slope = 2;
  knobs.intercept = -1000;
  EXPECT_FLOAT_EQ(ValueOf(Read(knobs)).voxels[3], -994);
  knobs.slope = 0;
  EXPECT_FLOAT_EQ(ValueOf(Read(knobs)).voxels[3], 3);
}

TEST_F(NiftiReaderTest, PrefersTheSformToTheQformToThePixelSizes) {
  NiftiKnobs knobs;
  knobs.pixel_size = {1.5, 2, 3};
  RawVolume volume = ValueOf(Read(knobs));
  EXPECT_DOUBLE_EQ(volume.to_ras[0][0], 1.5);
  ASSERT_EQ(volume.warnings.size(), 1U);
  EXPECT_EQ(volume.warnings[0].code, "ORIENTATION_ASSUMED");
  knobs.qform_offset = {{7, 8, 9}};
  volume = ValueOf(Read(knobs));
  EXPECT_DOUBLE_EQ(volume.to_ras[1][3], 8);
  EXPECT_TRUE(volume.warnings.empty());
  knobs.sform = Straight({1.5, 2, 3}, {-1, -2, -3});
  EXPECT_DOUBLE_EQ(ValueOf(Read(knobs)).to_ras[1][3], -2);
}

TEST_F(NiftiReaderTest, TakesNamesInCapitals) {
  ASSERT_EQ(CodeOf(Read(NiftiKnobs(), "a.nii.gz")), "accepted");
  std::filesystem::rename(directory_ / "a.nii.gz", directory_ / "A.NII.GZ");
  EXPECT_EQ(CodeOf(ReadFile("A.NII.GZ")), "accepted");
}

TEST_F(NiftiReaderTest, RefusesWhatIsTruncated) {
  NiftiKnobs knobs;
  knobs.missing_bytes = 1;
  EXPECT_EQ(CodeOf(Read(knobs)), "TRUNCATED");
  EXPECT_EQ(CodeOf(Read(knobs, "a.nii.gz")), "TRUNCATED");
  knobs.missing_bytes = 48 + 100;
  EXPECT_EQ(CodeOf(Read(knobs)), "UNREADABLE");
  std::filesystem::resize_file(directory_ / "a.nii.gz", 60);
  EXPECT_NE(CodeOf(ReadFile("a.nii.gz")), "accepted");
}

TEST_F(NiftiReaderTest, RefusesGarbageAndEmptyFiles) {
  std::ofstream(directory_ / "a.nii") << std::string(5000, 'x');
  EXPECT_EQ(CodeOf(ReadFile("a.nii")), "UNREADABLE");
  std::ofstream(directory_ / "b.nii.gz") << "";
  EXPECT_EQ(CodeOf(ReadFile("b.nii.gz")), "UNREADABLE");
  EXPECT_EQ(CodeOf(ReadFile("none.nii")), "UNREADABLE");
}

TEST_F(NiftiReaderTest, RefusesValuesThatAreNotFinite) {
  NiftiKnobs knobs;
  knobs.datatype = 16;
  knobs.values.assign(24, 1.0);
  knobs.values[7] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(CodeOf(Read(knobs)), "NON_FINITE");
  knobs.values[7] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(CodeOf(Read(knobs)), "NON_FINITE");
}

TEST_F(NiftiReaderTest, RefusesWhatIsNoSingleVolume) {
  NiftiKnobs knobs;
  knobs.size = {4, 3};
  EXPECT_EQ(CodeOf(Read(knobs)), "NOT_A_VOLUME");
  knobs.size = {4, 3, 0};
  EXPECT_NE(CodeOf(Read(knobs)), "accepted");
  knobs.size = {0, 3, 2};
  EXPECT_NE(CodeOf(Read(knobs)), "accepted");
  knobs.size = {-4, 3, 2};
  EXPECT_NE(CodeOf(Read(knobs)), "accepted");
}

TEST_F(NiftiReaderTest, RefusesColoursAndImpossibleMatrices) {
  NiftiKnobs knobs;
  knobs.datatype = 128;
  EXPECT_EQ(CodeOf(Read(knobs)), "COLOR_IMAGE");
  knobs.datatype = 4;
  knobs.sform = Straight({1, 0, 1}, {0, 0, 0});
  EXPECT_EQ(CodeOf(Read(knobs)), "INVALID_GEOMETRY");
}

TEST_F(NiftiReaderTest, RefusesAHeaderThatClaimsMoreThanThereIs) {
  NiftiKnobs knobs;
  knobs.size = {32767, 32767, 32767};
  knobs.values = {1, 2, 3};
  EXPECT_EQ(CodeOf(Read(knobs)), "TOO_LARGE");
  knobs.size = {800, 800, 800};
  EXPECT_EQ(CodeOf(Read(knobs)), "TRUNCATED");
  EXPECT_EQ(CodeOf(Read(knobs, "a.nii.gz")), "TRUNCATED");
}

TEST_F(NiftiReaderTest, AppliesTheUnitOfLengthAndTakesAnUnknownOneForMillimetres) {
  NiftiKnobs knobs;
  knobs.sform = Straight({2, 3, 4}, {-10, 20, 30});
  for (const auto& [unit, millimetres] :
       std::map<char, double>{{0, 1}, {1, 1e3}, {2, 1}, {3, 1e-3}, {5, 1}}) {
    knobs.unit = static_cast<char>(unit | 8);  // seconds
    if (unit == 1) knobs.sform = Straight({0.002, 0.003, 0.004}, {-0.01, 0.02, 0.03});
    const RawVolume volume = ValueOf(Read(knobs));
    const double scale = unit == 1 ? 1 : millimetres;
    EXPECT_NEAR(volume.to_ras[1][1], 3 * scale, 1e-6) << int{unit};
    EXPECT_NEAR(volume.to_ras[0][3], -10 * scale, 1e-6) << int{unit};
    knobs.sform = Straight({2, 3, 4}, {-10, 20, 30});
  }
  knobs.sform.reset();
  knobs.unit = 3;
  knobs.pixel_size = {500, 500, 1500};
  EXPECT_NEAR(ValueOf(Read(knobs)).to_ras[2][2], 1.5, 1e-6);
  MakeNifti(directory_ / "l.nii", knobs);
  EXPECT_NEAR(std::get<LabelMap>(ReadLabelMap(directory_ / "l.nii")).to_ras[0][0], 0.5, 1e-6);
}

TEST_F(NiftiReaderTest, RefusesMatricesBeyondAnyScanners) {
  for (const auto& [spacing, origin] :
       std::vector<std::pair<double, double>>{{1e-6, 0}, {1e6, 0}, {1e30, 0}, {1, 1e20}}) {
    NiftiKnobs knobs;
    knobs.sform = Straight({spacing, spacing, spacing}, {origin, 0, 0});
    EXPECT_EQ(CodeOf(Read(knobs)), "INVALID_GEOMETRY") << spacing << " " << origin;
  }
}

TEST_F(NiftiReaderTest, RefusesAGzipOfGoodSizeThatClaimsGigabytes) {
  NiftiKnobs knobs;
  knobs.size = {2000, 2000, 1625};  // 13 GB of int16
  knobs.values.assign(4'000'000, 0);
  EXPECT_EQ(CodeOf(Read(knobs, "a.nii.gz")), "TOO_LARGE");
}

TEST_F(NiftiReaderTest, ReadsBackWhatItWrites) {
  const Affine to_ras = {{{-1.5, 0.1, 0, 10}, {0.1, 2, 0, -20}, {0, 0, 3, 30}}};
  const std::vector<double> values = {1, -2, 3.5, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  ASSERT_TRUE(
      WriteNifti(directory_ / "b.nii.gz", {3, 2, 2}, to_ras, values, NiftiType::kFloat32).ok());
  const RawVolume volume = ValueOf(ReadFile("b.nii.gz"));
  EXPECT_EQ(volume.size, (std::array<std::int64_t, 3>{3, 2, 2}));
  EXPECT_FLOAT_EQ(volume.voxels[2], 3.5F);
  for (int row = 0; row < 3; ++row) {
    for (int i = 0; i < 4; ++i) EXPECT_NEAR(volume.to_ras[row][i], to_ras[row][i], 1e-6);
  }
}

TEST_F(NiftiReaderTest, AWriteThatFailsSaysSo) {
  const std::vector<double> values(8, 1);
  EXPECT_FALSE(WriteNifti(directory_ / "no/b.nii", {2, 2, 2}, Straight({1, 1, 1}, {0, 0, 0}),
                          values, NiftiType::kInt16)
                   .ok());
}

TEST_F(NiftiReaderTest, LabelMapsHoldWholeNumbers) {
  NiftiKnobs knobs;
  knobs.datatype = 16;
  knobs.values.assign(24, 3);
  MakeNifti(directory_ / "l.nii", knobs);
  EXPECT_EQ(std::get<LabelMap>(ReadLabelMap(directory_ / "l.nii")).values[5], 3);
  knobs.values[5] = 1.5;
  MakeNifti(directory_ / "l.nii", knobs);
  EXPECT_EQ(std::get<Rejection>(ReadLabelMap(directory_ / "l.nii")).code, "LABEL_NOT_INTEGER");
}

}  // namespace
}  // namespace gvsl::data_loader
