// Enhanced objects: a file of many slices, each where its functional groups say.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "common/text.h"
#include "data_loader/dicom_series_reader.h"
#include "data_loader/input_files.h"
#include "data_loader/volume_check.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/enhanced_maker.h"
#include "tests/support/readings.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::CodeOf;
using ::gvsl::testing::EnhancedCoding;
using ::gvsl::testing::EnhancedFrame;
using ::gvsl::testing::MakeSlices;
using ::gvsl::testing::TemporaryDirectory;
using ::gvsl::testing::ValueOf;
using ::gvsl::testing::WriteEnhanced;
using ::gvsl::testing::WriteSlices;
namespace syntax = ::gvsl::testing::syntax;

using Slices = std::vector<demo::DicomSlice>;

OrRejection<RawVolume> ReadOnly(const std::string& directory) {
  DicomSeriesReader reader;
  const ScanResult scan = reader.Scan(ListFiles({directory})->files);
  EXPECT_EQ(scan.sources.size(), 1U);
  return ReadVolume(reader, scan.sources.at(0));
}

// Shuffled, on an oblique grid, each with its own rescale.
Slices MakeOblique() {
  Slices slices = MakeSlices(6);
  const double c = 0.8, s = 0.6;  // as exact in decimals
  for (std::size_t i = 0; i < slices.size(); ++i) {
    slices[i].orientation = {c, s, 0, 0, 0, -1};
    const double along = 2.5 * static_cast<double>(i);
    slices[i].position = {10 - s * along, 20 + c * along, 30};
    slices[i].slope = 1 + 0.5 * static_cast<double>(i);
    slices[i].intercept = -static_cast<double>(i);
    for (auto& pixel : slices[i].pixels) pixel = static_cast<std::int16_t>(pixel - 250);
  }
  std::rotate(slices.begin(), slices.begin() + 2, slices.end());
  std::swap(slices[0], slices[3]);
  return slices;
}

class EnhancedMultiFrame : public ::testing::Test {
 protected:
  OrRejection<RawVolume> WriteAndRead(const Slices& slices, const EnhancedCoding& coding) {
    std::filesystem::create_directories(directory_ / "enhanced");
    WriteEnhanced(slices, coding, path_);
    return ReadOnly(directory_ / "enhanced");
  }
  void ExpectAsSingleFrames(const Slices& slices, const EnhancedCoding& coding) {
    WriteSlices(slices, directory_ / "single");
    const RawVolume truth = ValueOf(ReadOnly(directory_ / "single"));
    const RawVolume volume = ValueOf(WriteAndRead(slices, coding));
    EXPECT_EQ(volume.size, truth.size);
    EXPECT_EQ(volume.voxels, truth.voxels);
    EXPECT_EQ(volume.to_ras, truth.to_ras);
    EXPECT_EQ(volume.subject_key, truth.subject_key);
    EXPECT_TRUE(volume.warnings.empty());
  }
  TemporaryDirectory directory_;
  std::string path_ = directory_ / "enhanced/object.dcm";
};

class EnhancedSyntax : public EnhancedMultiFrame,
                       public ::testing::WithParamInterface<const char*> {};

TEST_P(EnhancedSyntax, IsTheVolumeOfItsFrames) {
  ExpectAsSingleFrames(MakeOblique(), {.syntax = GetParam()});
}

TEST_P(EnhancedSyntax, IsTruncatedOrDamagedWhereverItIsCut) {
  WriteAndRead(MakeOblique(), {.syntax = GetParam()});
  const auto bytes = std::filesystem::file_size(path_);
  for (const int part : {1, 30, 60}) {
    std::filesystem::resize_file(path_, bytes * (100 - part) / 100);
    const std::string code = CodeOf(ReadOnly(directory_ / "enhanced"));
    EXPECT_TRUE(code == "TRUNCATED" || code == "DAMAGED_PIXELS") << part << " " << code;
  }
}

INSTANTIATE_TEST_SUITE_P(Syntaxes, EnhancedSyntax,
                         ::testing::Values(syntax::kExplicit, syntax::kImplicit, syntax::kBigEndian,
                                           syntax::kDeflated, syntax::kRle, syntax::kJpegLossless,
                                           syntax::kJpegLs, syntax::kJpeg2000));

TEST_F(EnhancedMultiFrame, MaySayItsGeometryForEachFrame) {
  ExpectAsSingleFrames(MakeOblique(), {.is_geometry_shared = false});
}

TEST_F(EnhancedMultiFrame, AFramesOwnGroupGoesBeforeThatOfAllAndTheDataSet) {
  ExpectAsSingleFrames(MakeOblique(), {.is_geometry_shared = false, .has_decoys = true});
}

TEST_F(EnhancedMultiFrame, FindsTheFragmentsOfAFrame) {
  for (const bool has_offsets : {true, false}) {
    for (const int fragments : {1, 2, 3}) {
      SCOPED_TRACE(Concat(has_offsets, " ", fragments));
      ExpectAsSingleFrames(
          MakeOblique(),
          {.syntax = syntax::kJpeg2000, .fragments_each = fragments, .has_offsets = has_offsets});
    }
  }
}

// Twice the same places, the second with higher numbers, frames of both mixed.
struct TwoVolumes {
  Slices slices;
  EnhancedCoding coding;
};

TwoVolumes Mixed(const std::function<void(EnhancedFrame&, bool is_second)>& mark) {
  TwoVolumes two;
  for (const demo::DicomSlice& slice : MakeSlices(4)) {
    for (const bool is_second : {true, false}) {
      two.slices.push_back(slice);
      if (is_second) {
        for (auto& pixel : two.slices.back().pixels)
          pixel = static_cast<std::int16_t>(pixel + 5000);
      }
      two.coding.frames.emplace_back();
      mark(two.coding.frames.back(), is_second);
    }
  }
  return two;
}

TEST_F(EnhancedMultiFrame, OfSeveralVolumesTheFirstIsTaken) {
  using Marker = std::function<void(EnhancedFrame&, bool)>;
  const std::vector<std::pair<const char*, Marker>> markers = {
      {"FURTHER_VOLUMES",
       [](EnhancedFrame& frame, bool second) { frame.temporal_position = second ? 2 : 1; }},
      {"FURTHER_VOLUMES",
       [](EnhancedFrame& frame, bool second) { frame.b_value = second ? 1000 : 0; }},
      {"FURTHER_VOLUMES",
       [](EnhancedFrame& frame, bool second) { frame.echo_time = second ? 30.5 : 12.25; }},
      {"MAGNITUDE_TAKEN", [](EnhancedFrame& frame, bool second) {
         frame.component = second ? "PHASE" : "MAGNITUDE";
       }}};
  for (const auto& [code, marker] : markers) {
    const TwoVolumes two = Mixed(marker);
    const RawVolume volume = ValueOf(WriteAndRead(two.slices, two.coding));
    ASSERT_EQ(volume.size[0], 4);
    EXPECT_FLOAT_EQ(*std::max_element(volume.voxels.begin(), volume.voxels.end()), 345);
    ASSERT_EQ(volume.warnings.size(), 1U);
    EXPECT_EQ(volume.warnings[0].code, code);
  }
}

TEST_F(EnhancedMultiFrame, WhatNothingTellsApartIsRefused) {
  const TwoVolumes two = Mixed([](EnhancedFrame&, bool) {});
  EXPECT_EQ(CodeOf(WriteAndRead(two.slices, two.coding)), "DUPLICATE_POSITION");
}

TEST_F(EnhancedMultiFrame, OfSeveralObjectsOfASeriesTheFirstInstanceIsTaken) {
  std::filesystem::create_directories(directory_ / "enhanced");
  Slices slices = MakeSlices(4);
  for (const int number : {3, 1, 2}) {
    slices[0].instance_number = number;
    slices[0].instance_uid = demo::UidOf(Concat("object ", number));
    slices[0].pixels[0] = static_cast<std::int16_t>(number);
    WriteEnhanced(slices, {}, directory_ / Concat("enhanced/", 9 - number, ".dcm"));
  }
  const RawVolume volume = ValueOf(ReadOnly(directory_ / "enhanced"));
  EXPECT_FLOAT_EQ(volume.voxels[0], 1);
  EXPECT_EQ(volume.warnings.at(0).code, "FURTHER_VOLUMES");
}

TEST_F(EnhancedMultiFrame, ACopyOfAnObjectIsLeftOut) {
  ValueOf(WriteAndRead(MakeSlices(4), {}));
  std::filesystem::copy_file(path_, directory_ / "enhanced/copy.dcm");
  const RawVolume volume = ValueOf(ReadOnly(directory_ / "enhanced"));
  EXPECT_EQ(volume.warnings.at(0).code, "COPIES_LEFT_OUT");
}

TEST_F(EnhancedMultiFrame, EachStackIsAVolume) {
  Slices slices = MakeSlices(4);
  EnhancedCoding coding{.is_geometry_shared = false, .frames = {}};
  for (int i = 0; i < 4; ++i) coding.frames.push_back({.stack = "1", .component = ""});
  for (demo::DicomSlice slice : MakeSlices(5)) {  // the same direction, elsewhere
    slice.position[2] += 100;
    slices.push_back(slice);
    coding.frames.push_back({.stack = "2", .component = ""});
  }
  std::filesystem::create_directories(directory_ / "enhanced");
  WriteEnhanced(slices, coding, path_);
  DicomSeriesReader reader;
  const ScanResult scan = reader.Scan({path_});
  ASSERT_EQ(scan.sources.size(), 2U);
  const RawVolume first = ValueOf(reader.Read(scan.sources[0]));
  const RawVolume second = ValueOf(reader.Read(scan.sources[1]));
  EXPECT_EQ(first.size[0], 4);
  EXPECT_EQ(second.size[0], 5);
  EXPECT_NEAR(first.to_ras[2][3], -60, 1e-9);
  EXPECT_NEAR(second.to_ras[2][3], 40, 1e-9);
  EXPECT_FLOAT_EQ(second.voxels.back(), 445);
}

TEST_F(EnhancedMultiFrame, ObjectsMayHoldEverySecondSliceOfAVolume) {
  const Slices slices = MakeOblique();
  WriteSlices(slices, directory_ / "single");
  std::filesystem::create_directories(directory_ / "enhanced");
  for (const std::size_t first : {0U, 1U}) {
    Slices half;
    for (std::size_t i = first; i < slices.size(); i += 2) half.push_back(slices[i]);
    WriteEnhanced(half, {}, directory_ / Concat("enhanced/", first, ".dcm"));
  }
  const RawVolume truth = ValueOf(ReadOnly(directory_ / "single"));
  const RawVolume volume = ValueOf(ReadOnly(directory_ / "enhanced"));
  EXPECT_EQ(volume.voxels, truth.voxels);
  EXPECT_EQ(volume.to_ras, truth.to_ras);
}

TEST_F(EnhancedMultiFrame, OfOneFrameIsASlice) {
  std::filesystem::create_directories(directory_ / "enhanced");
  const Slices slices = MakeSlices(4);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    WriteEnhanced({slices[i]}, {.frame_count = 0}, directory_ / Concat("enhanced/", i, ".dcm"));
  }
  const RawVolume volume = ValueOf(ReadOnly(directory_ / "enhanced"));
  EXPECT_EQ(volume.size[0], 4);
  EXPECT_FLOAT_EQ(volume.voxels.back(), 345);
}

TEST_F(EnhancedMultiFrame, ThatHasOtherFramesThanItDescribesIsRefused) {
  EXPECT_EQ(CodeOf(WriteAndRead(MakeSlices(4), {.frame_count = 3})), "MULTI_FRAME");
  EXPECT_EQ(CodeOf(WriteAndRead(MakeSlices(4), {.frame_count = 5})), "MULTI_FRAME");
  EXPECT_EQ(CodeOf(WriteAndRead(MakeSlices(4), {.frame_count = -1})), "MULTI_FRAME");
}

TEST_F(EnhancedMultiFrame, AnyDamageIsReadOrRefused) {
  for (const char* const coding : {syntax::kExplicit, syntax::kRle, syntax::kJpeg2000}) {
    WriteAndRead(MakeOblique(), {.syntax = coding});
    std::ifstream file(path_, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    std::uint32_t state = 7;
    const auto random = [&state] { return state = state * 1664525 + 1013904223; };
    for (int round = 0; round < 60; ++round) {
      std::string damaged = bytes;
      for (int i = 0; i < 1 + round % 8; ++i) {
        damaged[132 + (random() >> 8) % (bytes.size() - 132)] = static_cast<char>(random() >> 16);
      }
      std::ofstream(path_, std::ios::binary) << damaged;
      DicomSeriesReader reader;
      for (const VolumeSource& source : reader.Scan({path_}).sources) {
        const auto read = ReadVolume(reader, source);
        if (const auto* rejection = std::get_if<Rejection>(&read)) {
          EXPECT_FALSE(rejection->code.empty());
        }
      }
    }
  }
}

}  // namespace
}  // namespace gvsl::data_loader
