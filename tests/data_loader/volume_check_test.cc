#include "data_loader/volume_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "data_loader/prepare_volume.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/readings.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::Straight;

class FakeReader final : public VolumeReader {
 public:
  explicit FakeReader(std::function<RawVolume()> read) : read_(std::move(read)) {}
  ScanResult Scan(const std::vector<std::string>&) override { return {}; }
  VolumeExtent Extent(const VolumeSource&) override { return {}; }
  OrRejection<RawVolume> Read(const VolumeSource&) override { return read_(); }

 private:
  std::function<RawVolume()> read_;
};

RawVolume Small() {
  RawVolume volume;
  volume.size = {2, 3, 4};
  volume.to_ras = Straight({1, 1, 1}, {0, 0, 0});
  for (int i = 0; i < 24; ++i) volume.voxels.push_back(static_cast<float>(i));
  return volume;
}

std::string ReadCode(std::function<RawVolume()> read) {
  FakeReader reader(std::move(read));
  const auto result = ReadVolume(reader, {"/Mustermann.nii", {}, ""});
  if (const auto* rejection = std::get_if<Rejection>(&result)) {
    EXPECT_EQ(rejection->reason.find("Mustermann"), std::string::npos);
  }
  return testing::CodeOf(result);
}

TEST(VolumeCheck, WhatALibraryThrowsIsOneMoreReasonNotToTakeAVolume) {
  EXPECT_EQ(ReadCode(Small), "accepted");
  EXPECT_EQ(ReadCode([]() -> RawVolume { throw std::runtime_error("/Mustermann.nii"); }),
            "UNREADABLE");
  EXPECT_EQ(ReadCode([]() -> RawVolume { throw 7; }), "UNREADABLE");
  EXPECT_EQ(ReadCode([]() -> RawVolume { throw std::bad_alloc(); }), "OUT_OF_MEMORY");
  EXPECT_EQ(ReadCode([]() -> RawVolume { throw std::length_error("vector"); }), "OUT_OF_MEMORY");
}

TEST(VolumeCheck, WhateverAReaderSaysIsChecked) {
  RawVolume volume = Small();
  volume.voxels[5] = std::nanf("");
  EXPECT_EQ(ReadCode([&] { return volume; }), "NON_FINITE");
  volume = Small();
  volume.to_ras[0][0] = 1e200;
  EXPECT_EQ(ReadCode([&] { return volume; }), "INVALID_GEOMETRY");
}

TEST(VolumeCheck, LimitsAreThoseOfTheDocumentation) {
  const auto code = [](std::array<std::int64_t, 3> size) {
    return CheckGrid(size, Straight({1, 1, 1}, {0, 0, 0})).code;
  };
  EXPECT_EQ(code({2048, 512, 512}), "");
  EXPECT_EQ(code({2049, 512, 512}), "TOO_LARGE");
  EXPECT_EQ(code({32767, 2, 2}), "");
  EXPECT_EQ(code({32768, 2, 2}), "TOO_LARGE");
  const std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_EQ(code({huge, huge, huge}), "TOO_LARGE");
}

TEST(VolumeCheck, AVolumeThatResamplingWouldBlowUpIsRefusedBeforehand) {
  RawVolume volume = Small();
  volume.to_ras = Straight({900, 900, 900}, {0, 0, 0});
  PrepareOptions options;
  options.spacing = {{0.01, 0.01, 0.01}};
  EXPECT_EQ(testing::CodeOf(PrepareVolume(volume, options)), "TOO_LARGE");
  options.spacing = {{1000, 1000, 0.1}};  // 36000 voxels along x
  EXPECT_EQ(testing::CodeOf(PrepareVolume(volume, options)), "TOO_LARGE");
}

TEST(VolumeCheck, PaddingIsNoTissueForAnyWindow) {
  RawVolume volume = Small();
  volume.padding.resize(volume.voxels.size());
  volume.padding[3] = volume.padding[7] = true;
  RawVolume filled = volume;
  filled.padding.clear();
  for (const std::string window : {"ct", "mr", "minmax"}) {
    for (const float number : {-30000.0F, 30000.0F}) {
      volume.voxels[3] = volume.voxels[7] = number;
      PrepareOptions options;
      options.spacing = {{0.8, 0.9, 1.1}};
      options.window = *ParseWindow(window);
      const NewVolume prepared = testing::ValueOf(PrepareVolume(volume, options));
      // As a volume that has the window's lowest value there, whose window is the same.
      options.window = WindowChoice{window, prepared.window_range};
      filled.voxels[3] = filled.voxels[7] = static_cast<float>(prepared.window_range[0]);
      EXPECT_EQ(prepared.voxels, testing::ValueOf(PrepareVolume(filled, options)).voxels);
      EXPECT_GT(prepared.window_range[0], -2000) << window;
      EXPECT_LT(prepared.window_range[1], 2000) << window;
    }
  }
  volume.padding.assign(volume.voxels.size(), true);
  EXPECT_EQ(testing::CodeOf(PrepareVolume(volume, {})), "CONSTANT");
}

TEST(VolumeCheck, AVolumeOfWhichTheWindowLeavesOneValueIsRefused) {
  PrepareOptions options;
  options.window = *ParseWindow("1000,2000");
  EXPECT_EQ(testing::CodeOf(PrepareVolume(Small(), options)), "CONSTANT");
}

}  // namespace
}  // namespace gvsl::data_loader
