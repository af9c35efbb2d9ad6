// A volume is cropped to the body in it: not to a table under it, not to noise, and never so that
// a labelled voxel is lost.
#include "data_loader/body_crop.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/philox.h"
#include "data_loader/geometry.h"
#include "data_loader/prepare_volume.h"
#include "tests/data_loader/ingest_fixture.h"
#include "tests/support/readings.h"

namespace gvsl::data_loader {
namespace {

constexpr std::array<std::int64_t, 3> kSize = {40, 60, 50};

// Voxels of 2 x 3 x 4 mm (z, y, x).
Image Filled(float value) {
  Image image;
  image.grid = {kSize, {2, 3, 4}, {{{4, 0, 0, -90}, {0, 3, 0, -80}, {0, 0, 2, 15}}}};
  image.voxels.assign(kSize[0] * kSize[1] * kSize[2], value);
  return image;
}

template <typename Inside>
void Fill(const Inside& inside, float value, Image& image) {
  std::size_t index = 0;
  for (std::int64_t z = 0; z < kSize[0]; ++z) {
    for (std::int64_t y = 0; y < kSize[1]; ++y) {
      for (std::int64_t x = 0; x < kSize[2]; ++x, ++index) {
        if (inside(z, y, x)) image.voxels[index] = value;
      }
    }
  }
}

// Of so many mm about a voxel.
void FillBall(const std::array<std::int64_t, 3>& centre, double radius, float value, Image& image) {
  Fill(
      [&](std::int64_t z, std::int64_t y, std::int64_t x) {
        const double dz = 2.0 * static_cast<double>(z - centre[0]);
        const double dy = 3.0 * static_cast<double>(y - centre[1]);
        const double dx = 4.0 * static_cast<double>(x - centre[2]);
        return dz * dz + dy * dy + dx * dx <= radius * radius;
      },
      value, image);
}

void AddNoise(float most, Image& image) {
  Philox philox(7, DrawPurpose::kView, 0, 0);
  for (float& voxel : image.voxels) {
    voxel += most * static_cast<float>(philox.NextBelow(1000)) / 1000.0F;
  }
}

// A ball of 24 mm about (22, 38, 16): z 10 to 34, y 30 to 46, x 10 to 22, without a margin.
constexpr std::array<std::int64_t, 3> kCentre = {22, 38, 16};
const VoxelBox kBall = {{10, 30, 10}, {35, 47, 23}};

VoxelBox Found(const Image& image, const std::string& modality, double margin = 0) {
  const auto box = FindBody(image, modality, margin);
  if (box) return *box;
  ADD_FAILURE() << "no body";
  return {};
}

// Erosion rounds a ball's poles off: by a voxel or two.
void ExpectAbout(const VoxelBox& expected, const VoxelBox& box) {
  for (int axis = 0; axis < 3; ++axis) {
    EXPECT_NEAR(box.begin[axis], expected.begin[axis], 2) << axis;
    EXPECT_NEAR(box.end[axis], expected.end[axis], 2) << axis;
  }
}

TEST(BodyCrop, FindsABallBesideTheMiddle) {
  Image ct = Filled(-1000);
  FillBall(kCentre, 24, 40, ct);
  ExpectAbout(kBall, Found(ct, "CT"));
  Image mr = Filled(0);
  FillBall(kCentre, 24, 300, mr);
  AddNoise(25, mr);
  ExpectAbout(kBall, Found(mr, "MR"));
}

TEST(BodyCrop, KeepsTheMarginInMmAsFarAsTheImageGoes) {
  Image ct = Filled(-1000);
  FillBall(kCentre, 24, 40, ct);
  const VoxelBox tight = Found(ct, "CT"), wide = Found(ct, "CT", 12);
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t voxels = 12 / std::array{2, 3, 4}[axis];
    EXPECT_EQ(wide.begin[axis], std::max<std::int64_t>(0, tight.begin[axis] - voxels));
    EXPECT_EQ(wide.end[axis], std::min(kSize[axis], tight.end[axis] + voxels));
  }
  EXPECT_EQ(Found(ct, "CT", 1000), (VoxelBox{{0, 0, 0}, kSize}));
}

TEST(BodyCrop, PassesOverATable) {
  Image thin = Filled(-1000), thick = Filled(-1000);
  for (Image* image : {&thin, &thick}) FillBall(kCentre, 24, 40, *image);
  Fill([](auto, std::int64_t y, auto) { return y == 5; }, -200, thin);            // 3 mm
  Fill([](auto, std::int64_t y, auto) { return y >= 4 && y < 9; }, -200, thick);  // 15 mm
  ExpectAbout(kBall, Found(thin, "CT"));
  ExpectAbout(kBall, Found(thick, "CT"));
}

TEST(BodyCrop, KeepsArmsAndPassesOverCrumbs) {
  Image ct = Filled(-1000);
  FillBall(kCentre, 30, 40, ct);
  Image with_crumb = ct;
  FillBall({22, 38, 40}, 18, 40, ct);  // a fifth of the other, apart from it
  FillBall({4, 5, 45}, 8, 40, with_crumb);
  EXPECT_GE(Found(ct, "CT").end[2], 42);
  EXPECT_LE(Found(with_crumb, "CT").end[2], 30);
}

TEST(BodyCrop, FindsNoneWhereThereIsNone) {
  Image air = Filled(-1000);
  AddNoise(60, air);
  EXPECT_FALSE(FindBody(air, "CT", 10));
  EXPECT_FALSE(FindBody(Filled(0), "MR", 10));
  Image speck = Filled(-1000);
  FillBall(kCentre, 7, 40, speck);
  EXPECT_FALSE(FindBody(speck, "CT", 10));
  Image noise = Filled(0);
  AddNoise(60, noise);
  Image many = noise;
  Fill([](std::int64_t z, std::int64_t y, std::int64_t x) { return z % 3 + y % 3 + x % 3 == 0; },
       500, many);
  EXPECT_FALSE(FindBody(many, "MR", 10));
}

TEST(BodyCrop, LosesNoLabelledVoxel) {
  std::vector<std::int32_t> labels(kSize[0] * kSize[1] * kSize[2]);
  EXPECT_EQ(WithLabels(kBall, kSize, labels), kBall);
  labels[(2 * kSize[1] + 40) * kSize[2] + 49] = 3;  // far from the ball
  EXPECT_EQ(WithLabels(kBall, kSize, labels), (VoxelBox{{2, 30, 10}, {35, 47, 50}}));
}

TEST(BodyCrop, KeepsVoxelsWhereTheyAreInMm) {
  const Image image = Filled(0);
  NewVolume volume;
  volume.grid = image.grid;
  for (std::size_t i = 0; i < image.voxels.size(); ++i) {
    volume.voxels.push_back(static_cast<float>(i));
  }
  volume.labels.emplace(volume.voxels.begin(), volume.voxels.end());
  NewVolume whole = volume;
  CropTo({{0, 0, 0}, kSize}, whole);
  EXPECT_FALSE(whole.cut);
  EXPECT_EQ(whole.voxels, volume.voxels);
  NewVolume cropped = volume;
  CropTo(kBall, cropped);
  EXPECT_EQ(cropped.grid.size, (std::array<std::int64_t, 3>{25, 17, 13}));
  EXPECT_EQ(cropped.cut->first, kBall.begin);
  EXPECT_EQ(cropped.cut->whole, kSize);
  ASSERT_EQ(cropped.voxels.size(), 25U * 17 * 13);
  EXPECT_EQ(cropped.voxels[0], static_cast<float>((10 * 60 + 30) * 50 + 10));
  EXPECT_EQ(cropped.voxels.back(), static_cast<float>((34 * 60 + 46) * 50 + 22));
  EXPECT_EQ(cropped.labels->back(), (34 * 60 + 46) * 50 + 22);
  EXPECT_EQ(Apply(cropped.grid.to_ras, {1, 2, 3}), Apply(volume.grid.to_ras, {11, 32, 13}));
}

TEST(BodyCrop, IsLookedForBeforeTheWindowAndOnlyWhereAsked) {
  Image image = Filled(-1000);
  FillBall(kCentre, 24, 40, image);
  RawVolume raw;
  raw.size = kSize;
  raw.to_ras = image.grid.to_ras;
  raw.modality = "CT";
  raw.voxels = image.voxels;
  PrepareOptions options{.spacing = std::nullopt, .window = WindowChoice{"0,100", {{0, 100}}}};
  EXPECT_FALSE(testing::ValueOf(PrepareVolume(raw, options)).body);
  options.body_margin = 0;
  const NewVolume prepared = testing::ValueOf(PrepareVolume(raw, options));
  ASSERT_TRUE(prepared.body);
  ExpectAbout(kBall, *prepared.body);
  EXPECT_EQ(prepared.voxels.size(), raw.voxels.size());  // labels are to be read first
}

class BodyCropIngest : public IngestTest {
 protected:
  // A CT of 2 mm with a ball of 20 mm about voxel (30, 20, 15) (x, y, z) of 50 x 40 x 30.
  void MakeImage(const std::string& name, bool has_body) {
    testing::NiftiKnobs knobs = Empty();
    for (int i = 0; i < 50 * 40 * 30; ++i) {
      const int x = i % 50 - 30, y = i / 50 % 40 - 20, z = i / 2000 - 15;
      const bool inside = has_body && x * x + y * y + z * z <= 100;
      knobs.values.push_back(inside ? 40 + x : -1000 - (i % 7));
    }
    Make(name, knobs);
  }
  // One labelled voxel at (3, 20, 15), far from the ball.
  void MakeLabels(const std::string& name) {
    testing::NiftiKnobs knobs = Empty();
    knobs.datatype = 2;
    knobs.values.assign(50 * 40 * 30, 0);
    knobs.values[(15 * 40 + 20) * 50 + 3] = 4;
    Make(name, knobs);
  }
  IngestOptions Cropping(const std::string& output = "set") {
    IngestOptions options = Options(output);
    options.prepare.body_margin = 10;
    return options;
  }

 private:
  static testing::NiftiKnobs Empty() {
    testing::NiftiKnobs knobs;
    knobs.size = {50, 40, 30};
    knobs.pixel_size = {2, 2, 2};
    knobs.sform = testing::Straight({2, 2, 2}, {-50, -40, 10});
    return knobs;
  }
};

TEST_F(BodyCropIngest, CropsAndSaysSo) {
  MakeImage("in/a.nii", true);
  Run(Options("whole"));
  Run(Cropping());
  const VolumeEntry whole = Manifest("whole").volumes[0], cut = Manifest().volumes[0];
  EXPECT_FALSE(whole.cut);
  ASSERT_TRUE(cut.cut);
  EXPECT_EQ(cut.cut->whole, whole.grid.size);
  for (int axis = 0; axis < 3; ++axis) {
    EXPECT_NEAR(cut.grid.size[axis], 60, 4);  // 40 mm and twice 10
    EXPECT_NEAR(cut.cut->first[axis], (std::array{30, 40, 60})[axis] - 30, 2);
    const Vector3 first = {static_cast<double>(cut.cut->first[2]),
                           static_cast<double>(cut.cut->first[1]),
                           static_cast<double>(cut.cut->first[0])};
    EXPECT_EQ(Column(cut.grid.to_ras, 3), Apply(whole.grid.to_ras, first));
  }
  EXPECT_EQ(cut.window, whole.window);
  EXPECT_EQ(Bytes("whole/manifest.json").find("\"cut\""), std::string::npos);
}

TEST_F(BodyCropIngest, KeepsALabelFarFromTheBody) {
  MakeImage("in/a.nii", true);
  MakeLabels("labels/a.nii");
  IngestOptions options = Cropping();
  options.labels = directory_ / "labels";
  Run(options);
  const VolumeEntry volume = Manifest().volumes[0];
  ASSERT_TRUE(volume.cut);
  EXPECT_LE(volume.cut->first[2], 6);
  EXPECT_EQ(volume.label_voxels.at(4), 8U);  // of 2 mm, now of 1 mm
}

TEST_F(BodyCropIngest, KeepsWholeWhatHasNoBody) {
  MakeImage("in/a.nii", false);
  const IngestReport report = Run(Cropping());
  ASSERT_EQ(report.accepted.size(), 1U);
  ASSERT_EQ(report.accepted[0].warnings.size(), 1U);
  EXPECT_EQ(report.accepted[0].warnings[0].code, "BODY_NOT_FOUND");
  Run(Options("whole"));
  EXPECT_EQ(Manifest().sha256, Manifest("whole").sha256);
}

}  // namespace
}  // namespace gvsl::data_loader
