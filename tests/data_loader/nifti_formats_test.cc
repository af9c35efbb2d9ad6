// Every way in which NIfTI writes the same volume.
#include <algorithm>
#include <cmath>
#include <limits>

#include "common/text.h"
#include "data_loader/orientation.h"
#include "tests/data_loader/nifti_fixture.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::CodeOf;
using ::gvsl::testing::NiftiKnobs;
using ::gvsl::testing::Straight;
using ::gvsl::testing::ValueOf;

class NiftiFormatsTest : public NiftiTest {};

TEST_F(NiftiFormatsTest, EveryTypeInEveryByteOrderVersionAndFileHasTheSameVoxels) {
  for (const std::int16_t datatype : {2, 4, 8, 16, 64, 256, 512, 768, 1024, 1280, 1536}) {
    for (int variant = 0; variant < 32; ++variant) {
      NiftiKnobs knobs;
      knobs.datatype = datatype;
      knobs.big_endian = (variant & 1) != 0;
      knobs.version = (variant & 2) != 0 ? 2 : 1;
      knobs.extension_bytes = (variant & 4) != 0 ? 48 : 0;
      knobs.sform = Straight({1.5, 2, 2.5}, {-7, 8, 9});
      const char* const name = std::array{"a.nii", "a.nii.gz", "a.hdr",
                                          "b.hdr.gz"}[static_cast<std::size_t>(variant) / 8];
      const RawVolume volume = ValueOf(Read(knobs, name));
      const std::string what = Concat(datatype, " ", variant);
      ASSERT_EQ(volume.voxels, Ascending(24)) << what;
      ASSERT_EQ(volume.size, (std::array<std::int64_t, 3>{2, 3, 4})) << what;
      ASSERT_EQ(volume.to_ras, *knobs.sform) << what;
      ASSERT_TRUE(volume.warnings.empty()) << what;
    }
  }
}

TEST_F(NiftiFormatsTest, NumbersOfEverySignAndFractionComeThrough) {
  NiftiKnobs knobs;
  for (int i = 0; i < 24; ++i) knobs.values.push_back(-1.25 * i + 7);
  const std::vector<float> expected(knobs.values.begin(), knobs.values.end());
  for (const std::int16_t datatype : {16, 64, 1536}) {
    for (const bool big_endian : {false, true}) {
      knobs.datatype = datatype;
      knobs.big_endian = big_endian;
      EXPECT_EQ(ValueOf(Read(knobs)).voxels, expected) << datatype << big_endian;
    }
  }
}

TEST_F(NiftiFormatsTest, ComplexNumbersBecomeTheirMagnitudeAndSaySo) {
  for (const std::int16_t datatype : {32, 1792, 2048}) {
    for (const bool big_endian : {false, true}) {
      NiftiKnobs knobs;
      knobs.datatype = datatype;
      knobs.big_endian = big_endian;
      knobs.sform = Straight({1, 1, 1}, {0, 0, 0});
      const RawVolume volume = ValueOf(Read(knobs));
      EXPECT_FLOAT_EQ(volume.voxels[7], 35) << datatype;
      EXPECT_EQ(Codes(volume.warnings), std::vector<std::string>{"MAGNITUDE_TAKEN"});
    }
  }
}

TEST_F(NiftiFormatsTest, ColoursBitsAndUnknownTypesAreRefusedByName) {
  NiftiKnobs knobs;
  for (const std::int16_t datatype : {128, 2304}) {
    knobs.datatype = datatype;
    EXPECT_EQ(CodeOf(Read(knobs)), "COLOR_IMAGE") << datatype;
  }
  for (const std::int16_t datatype : {0, 1, 3, 255, -4}) {
    knobs.datatype = datatype;
    knobs.values = {1};
    EXPECT_EQ(CodeOf(Read(knobs)), "UNSUPPORTED_DATATYPE") << datatype;
  }
  knobs.datatype = 1;
  EXPECT_NE(std::get<Rejection>(Read(knobs)).reason.find("BINARY"), std::string::npos);
}

TEST_F(NiftiFormatsTest, ScalingThatIsNoneOrNoNumberLeavesValuesAlone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const int version : {1, 2}) {
    NiftiKnobs knobs;
    knobs.version = version;
    knobs.intercept = 5;
    for (const double slope : {0.0, nan, infinity}) {
      knobs.slope = slope;
      EXPECT_EQ(ValueOf(Read(knobs)).voxels[3], 3) << slope;
    }
    knobs.slope = 0.5;
    EXPECT_EQ(ValueOf(Read(knobs)).voxels[3], 6.5F);
    knobs.intercept = nan;
    EXPECT_EQ(ValueOf(Read(knobs)).voxels[3], 1.5F);
    knobs.slope = 3e38;
    EXPECT_EQ(CodeOf(Read(knobs)), "INVALID_RESCALE");
  }
}

TEST_F(NiftiFormatsTest, AllFortyEightOrientationsAreTheSameVolumeOnceTurned) {
  Image expected;
  std::array<int, 3> axes = {0, 1, 2};
  int count = 0;
  do {
    for (int flips = 0; flips < 8; ++flips, ++count) {
      // Voxel (i, j, k) of the file is voxel `ras` of one 2 x 3 x 4 volume that lies straight.
      const std::array<std::int64_t, 3> length = {4, 3, 2};
      NiftiKnobs knobs;
      knobs.size = {length[axes[0]], length[axes[1]], length[axes[2]]};
      Affine to_ras{};
      for (int axis = 0; axis < 3; ++axis) {
        const bool flip = (flips >> axis & 1) != 0;
        to_ras[axes[axis]][axis] = flip ? -2 : 2;
        to_ras[axes[axis]][3] = flip ? 2.0 * static_cast<double>(length[axes[axis]] - 1) : 0;
      }
      knobs.sform = to_ras;
      for (std::int64_t k = 0; k < knobs.size[2]; ++k) {
        for (std::int64_t j = 0; j < knobs.size[1]; ++j) {
          for (std::int64_t i = 0; i < knobs.size[0]; ++i) {
            std::array<double, 3> ras{};
            for (int row = 0; row < 3; ++row) {
              ras[row] = (to_ras[row][0] * static_cast<double>(i) +
                          to_ras[row][1] * static_cast<double>(j) +
                          to_ras[row][2] * static_cast<double>(k) + to_ras[row][3]) /
                         2;
            }
            knobs.values.push_back(ras[0] + 10 * ras[1] + 100 * ras[2]);
          }
        }
      }
      const Image turned = ToRas(ValueOf(Read(knobs, flips % 2 == 0 ? "a.nii" : "a.hdr")));
      if (count == 0) expected = turned;
      ASSERT_EQ(turned.voxels, expected.voxels) << count;
      ASSERT_EQ(turned.grid.to_ras, expected.grid.to_ras) << count;
    }
  } while (std::next_permutation(axes.begin(), axes.end()));
  EXPECT_EQ(count, 48);
  EXPECT_EQ(expected.voxels[1], 1);
}

// A quarter turn about z: b = c = 0, d = sin 45.
TEST_F(NiftiFormatsTest, AQformTurnsAndItsFactorMirrors) {
  for (const int version : {1, 2}) {
    for (const bool big_endian : {false, true}) {
      NiftiKnobs knobs;
      knobs.version = version;
      knobs.big_endian = big_endian;
      knobs.pixel_size = {2, 3, 4};
      knobs.qform_offset = {{5, 6, 7}};
      knobs.quatern = {0, 0, std::sqrt(0.5)};
      knobs.qfac = -1;
      const Affine expected = {{{0, -3, 0, 5}, {2, 0, 0, 6}, {0, 0, -4, 7}}};
      const RawVolume volume = ValueOf(Read(knobs));
      for (int row = 0; row < 3; ++row) {
        for (int i = 0; i < 4; ++i) {
          EXPECT_NEAR(volume.to_ras[row][i], expected[row][i], version == 1 ? 1e-6 : 1e-14);
        }
      }
    }
  }
}

TEST_F(NiftiFormatsTest, UnitsOfVersion2AreApplied) {
  NiftiKnobs knobs;
  knobs.version = 2;
  knobs.sform = Straight({0.002, 0.003, 0.004}, {-0.01, 0.02, 0.03});
  knobs.unit = 1 | 8;
  EXPECT_DOUBLE_EQ(ValueOf(Read(knobs)).to_ras[1][1], 3);
  knobs.sform = Straight({2000, 3000, 4000}, {0, 0, 0});
  knobs.unit = 3 | 16;
  EXPECT_DOUBLE_EQ(ValueOf(Read(knobs)).to_ras[2][2], 4);
}

TEST_F(NiftiFormatsTest, OfSeveralVolumesTheFirstIsTaken) {
  for (const auto& size : std::vector<std::vector<std::int64_t>>{
           {4, 3, 2, 5}, {4, 3, 2, 1, 3}, {4, 3, 2, 2, 1, 2}, {4, 3, 2, 1, 1, 1, 2}}) {
    for (const char* name : {"a.nii", "a.nii.gz", "a.hdr"}) {
      NiftiKnobs knobs;
      knobs.size = size;
      knobs.sform = Straight({1, 1, 1}, {0, 0, 0});
      const RawVolume volume = ValueOf(Read(knobs, name));
      EXPECT_EQ(volume.voxels, Ascending(24));
      EXPECT_EQ(Codes(volume.warnings), std::vector<std::string>{"FURTHER_VOLUMES"});
    }
  }
  NiftiKnobs knobs;
  knobs.size = {4, 3, 2, 0};  // as some programs write a single volume
  knobs.values.assign(24, 1);
  EXPECT_EQ(ValueOf(Read(knobs)).voxels.size(), 24U);
}

TEST_F(NiftiFormatsTest, FieldsOfVectorsAndLabelMapsOfSeveralVolumesAreRefused) {
  NiftiKnobs knobs;
  knobs.size = {4, 3, 2, 1, 3};
  knobs.intent = 1007;
  EXPECT_EQ(CodeOf(Read(knobs)), "FOUR_DIMENSIONAL");
  knobs.intent = 0;
  EXPECT_EQ(CodeOf(Read(knobs)), "accepted");
  EXPECT_EQ(CodeOf(ReadLabelMap(directory_ / "a.nii")), "FOUR_DIMENSIONAL");
}

TEST_F(NiftiFormatsTest, SlicesOfATiltedGantryAreMovedOntoRightAngles) {
  NiftiKnobs knobs;
  knobs.sform = Affine{{{1, 0, 0, 0}, {0, 1, 1, 0}, {0, 0, 3, 0}}};
  const RawVolume volume = ValueOf(Read(knobs));
  EXPECT_EQ(Codes(volume.warnings), std::vector<std::string>{"TILT_CORRECTED"});
  EXPECT_EQ(volume.size, (std::array<std::int64_t, 3>{2, 4, 4}));
  EXPECT_EQ(volume.to_ras[1][2], 0);
  EXPECT_EQ(volume.voxels[0], 0);
  EXPECT_EQ(volume.voxels[(4 + 1) * 4], 12);  // slice 1 lies one row further
  knobs.sform = Affine{{{1, 0, 0, 0}, {0, 1, 4, 0}, {0, 0, 3, 0}}};
  EXPECT_EQ(CodeOf(Read(knobs)), "GANTRY_TILT");
  knobs.sform = Affine{{{1, 0.2, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};
  EXPECT_EQ(CodeOf(Read(knobs)), "SHEARED_GRID");
  knobs.sform = Affine{{{1, 0.01, 0, 0}, {0, 1, 0.01, 0}, {0, 0, 1, 0}}};
  EXPECT_TRUE(ValueOf(Read(knobs)).warnings.empty());
}

TEST_F(NiftiFormatsTest, CompressionIsToldByContent) {
  ASSERT_EQ(CodeOf(Read({}, "a.nii.gz")), "accepted");
  std::filesystem::rename(directory_ / "a.nii.gz", directory_ / "b.nii");
  EXPECT_EQ(ValueOf(ReadFile("b.nii")).voxels, Ascending(24));
  ASSERT_EQ(CodeOf(Read({}, "a.nii")), "accepted");
  std::filesystem::rename(directory_ / "a.nii", directory_ / "c.nii.gz");
  EXPECT_EQ(ValueOf(ReadFile("c.nii.gz")).voxels, Ascending(24));
}

TEST_F(NiftiFormatsTest, ASingleFileHoldsItsVoxelsThoughItHasThePairsMark) {
  NiftiKnobs knobs;
  knobs.magic = std::string("ni1\0", 4);
  EXPECT_EQ(ValueOf(Read(knobs)).voxels, Ascending(24));
}

TEST_F(NiftiFormatsTest, VoxelsWithinTheHeaderAreNotGuessedAt) {
  NiftiKnobs knobs;
  for (const int version : {1, 2}) {
    knobs.version = version;
    for (const double offset : {0, 340}) {
      knobs.voxels_offset = offset;
      EXPECT_EQ(CodeOf(Read(knobs)), "UNREADABLE") << offset;
    }
  }
}

TEST_F(NiftiFormatsTest, AQformThatIsNoneIsRefused) {
  NiftiKnobs knobs;
  knobs.qform_offset = {{5, 6, 7}};
  knobs.pixel_size = {-1.2, 1, 1};
  EXPECT_EQ(CodeOf(Read(knobs)), "INVALID_GEOMETRY");
  knobs.pixel_size = {1.2, 1, 1};
  knobs.quatern = {0.9, 0.9, 0.9};
  EXPECT_EQ(CodeOf(Read(knobs)), "INVALID_GEOMETRY");
  knobs.quatern = {0, 0, 1.000001};  // half a turn
  EXPECT_EQ(CodeOf(Read(knobs)), "accepted");
}

}  // namespace
}  // namespace gvsl::data_loader
