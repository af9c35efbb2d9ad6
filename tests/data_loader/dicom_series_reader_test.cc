#include "data_loader/dicom_series_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

#include "common/text.h"
#include "data_loader/input_files.h"
#include "data_loader/orientation.h"
#include "tests/support/dicom_encoder.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/readings.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::CodeOf;
using ::gvsl::testing::DicomCoding;
using ::gvsl::testing::MakeSlices;
using ::gvsl::testing::NestedSequences;
using ::gvsl::testing::TemporaryDirectory;
using ::gvsl::testing::ValueOf;
using ::gvsl::testing::WriteCodedSlice;
using ::gvsl::testing::WriteDicomBytes;
using ::gvsl::testing::WriteObjectWithoutPixels;
using ::gvsl::testing::WriteSlices;

class DicomSeriesReaderTest : public ::testing::Test {
 protected:
  // Reads the only series under the folder.
  OrRejection<RawVolume> Read() {
    const auto list = ListFiles({directory_.path()});
    ScanResult scan = reader_.Scan(list->files);
    left_ = scan.left;
    rejected_ = scan.rejected;
    EXPECT_EQ(scan.sources.size(), 1U);
    source_ = scan.sources.at(0);
    return reader_.Read(source_);
  }
  OrRejection<RawVolume> WriteAndRead(const std::vector<demo::DicomSlice>& slices) {
    WriteSlices(slices, directory_ / "series");
    return Read();
  }
  TemporaryDirectory directory_;
  DicomSeriesReader reader_;
  VolumeSource source_;
  std::vector<std::string> left_;
  std::vector<RejectedSource> rejected_;
};

TEST_F(DicomSeriesReaderTest, ReadsASeriesWhateverItsFilesAreCalled) {
  auto slices = MakeSlices(7);
  std::rotate(slices.begin(), slices.begin() + 3, slices.end());
  std::swap(slices[0], slices[5]);
  const RawVolume volume = ValueOf(WriteAndRead(slices));
  EXPECT_EQ(volume.size, (std::array<std::int64_t, 3>{7, 5, 6}));
  EXPECT_EQ(volume.modality, "MR");
  EXPECT_FLOAT_EQ(volume.voxels[(2 * 5 + 3) * 6 + 4], 234);
  EXPECT_NEAR(volume.to_ras[2][2], 3, 1e-9);
  EXPECT_NEAR(volume.to_ras[0][0], -1.5, 1e-9);
  EXPECT_EQ(source_.stem, "series");
  EXPECT_EQ(source_.path, directory_ / "series");
}

TEST_F(DicomSeriesReaderTest, AppliesEachSlicesOwnRescale) {
  auto slices = MakeSlices(4);
  slices[1].slope = 0.5;
  slices[2].intercept = -1024;
  const RawVolume volume = ValueOf(WriteAndRead(slices));
  EXPECT_FLOAT_EQ(volume.voxels[0], 0);
  EXPECT_FLOAT_EQ(volume.voxels[30], 50);
  EXPECT_FLOAT_EQ(volume.voxels[60], 200 - 1024);
}

TEST_F(DicomSeriesReaderTest, ReadsBigEndianToTheSameValues) {
  auto slices = MakeSlices(3);
  for (auto& slice : slices) slice.big_endian = true;
  EXPECT_FLOAT_EQ(ValueOf(WriteAndRead(slices)).voxels[60 + 17], 225);
}

TEST_F(DicomSeriesReaderTest, PlacesAnObliqueSeriesWhereItsPositionsSay) {
  RawVolume expected;
  expected.size = {4, 5, 6};
  expected.to_ras = {{{-0.9, 0, 2.4, 40}, {0, -2, 0, 50}, {1.2, 0, 1.8, -60}}};
  std::vector<std::int16_t> values(4 * 5 * 6);
  std::iota(values.begin(), values.end(), std::int16_t{0});
  expected.voxels.assign(values.begin(), values.end());
  const auto slices = demo::SlicesOf(expected.size, expected.to_ras, values, "oblique");
  const Image image = ToRas(ValueOf(WriteAndRead(slices)));
  EXPECT_EQ(image.voxels, ToRas(expected).voxels);
  for (int row = 0; row < 3; ++row) {
    for (int i = 0; i < 4; ++i) {
      EXPECT_NEAR(image.grid.to_ras[row][i], ToRas(expected).grid.to_ras[row][i], 1e-6);
    }
  }
}

TEST_F(DicomSeriesReaderTest, MarksThePaddingOfEachSlice) {
  auto slices = MakeSlices(4);
  slices[2].pixels[4] = -2000;
  WriteSlices(slices, directory_ / "series");
  DicomCoding coding;
  coding.padding = static_cast<std::uint16_t>(-2000);
  for (const int i : {1, 2}) {
    WriteCodedSlice(slices[i], coding, directory_ / Concat("series/IM-00", i + 1, ".dcm"));
  }
  const RawVolume volume = ValueOf(Read());
  ASSERT_EQ(volume.padding.size(), volume.voxels.size());
  EXPECT_EQ(std::count(volume.padding.begin(), volume.padding.end(), true), 1);
  EXPECT_TRUE(volume.padding[2 * 30 + 4]);
  EXPECT_FLOAT_EQ(volume.voxels[2 * 30 + 4], -2000);
}

TEST_F(DicomSeriesReaderTest, OfSeveralVolumesTheFirstIsTaken) {
  auto slices = MakeSlices(4);
  DicomCoding phase;
  phase.image_type = "ORIGINAL\\PRIMARY\\P\\ND";
  DicomCoding magnitude;
  magnitude.image_type = "ORIGINAL\\PRIMARY\\M\\ND";
  std::filesystem::create_directories(directory_ / "other");
  for (std::size_t i = 0; i < slices.size(); ++i) {
    WriteCodedSlice(slices[i], magnitude, directory_ / Concat("other/", i, "m.dcm"));
    slices[i].instance_uid += ".7";
    slices[i].pixels[0] = 7000;
    WriteCodedSlice(slices[i], phase, directory_ / Concat("other/", i, "a.dcm"));
  }
  const RawVolume volume = ValueOf(Read());
  EXPECT_EQ(volume.size[0], 4);
  EXPECT_FLOAT_EQ(volume.voxels[0], 0);
  ASSERT_EQ(volume.warnings.size(), 1U);
  EXPECT_EQ(volume.warnings[0].code, "MAGNITUDE_TAKEN");
}

TEST_F(DicomSeriesReaderTest, ASeriesIsReadAlikeWhereItsHeaderLiesAboutBits) {
  auto slices = MakeSlices(4);
  slices[2].pixels[4] = 20000;
  DicomCoding coding{.bits_stored = 12, .high_bit = 11, .is_signed = false};
  std::filesystem::create_directories(directory_ / "series");
  for (std::size_t i = 0; i < slices.size(); ++i) {
    WriteCodedSlice(slices[i], coding, directory_ / Concat("series/", i, ".dcm"));
  }
  const RawVolume volume = ValueOf(Read());
  EXPECT_FLOAT_EQ(volume.voxels[2 * 30 + 4], 20000);
  ASSERT_EQ(volume.warnings.size(), 1U);
  EXPECT_EQ(volume.warnings[0].code, "HEADER_CONTRADICTS_PIXELS");

  coding.is_signed = true;  // and a bare sign elsewhere: it cannot be both
  coding.words.assign(slices[0].pixels.begin(), slices[0].pixels.end());
  coding.words[3] = 0x0fff;
  WriteCodedSlice(slices[0], coding, directory_ / "series/0.dcm");
  EXPECT_EQ(CodeOf(Read()), "UNSUPPORTED_PIXELS");
}

TEST_F(DicomSeriesReaderTest, CopiesThatClaimMoreThanALimitAreNotDecoded) {
  auto slices = MakeSlices(2);
  slices[1].instance_uid = slices[0].instance_uid;
  slices[1].position = slices[0].position;
  std::filesystem::create_directories(directory_ / "series");
  DicomCoding coding{.syntax = gvsl::testing::syntax::kRle};
  coding.codestream.resize(100);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    slices[i].rows = slices[i].columns = 40'000;
    WriteCodedSlice(slices[i], coding, directory_ / Concat("series/", i, ".dcm"));
  }
  EXPECT_EQ(CodeOf(Read()), "TOO_LARGE");
}

TEST_F(DicomSeriesReaderTest, PicturesToPlanWithAreNoVolumes) {
  auto slices = MakeSlices(3);
  DicomCoding coding;
  coding.image_type = "ORIGINAL\\PRIMARY\\LOCALIZER";
  for (std::size_t i = 0; i < slices.size(); ++i) {
    WriteCodedSlice(slices[i], coding, directory_ / Concat(i, ".dcm"));
  }
  EXPECT_EQ(CodeOf(Read()), "LOCALIZER");
  WriteSlices(MakeSlices(5), directory_ / "head");  // of the same series
  const RawVolume volume = ValueOf(Read());
  EXPECT_EQ(volume.size[0], 5);
  ASSERT_EQ(volume.warnings.size(), 1U);
  EXPECT_EQ(volume.warnings[0].code, "LOCALIZER");
}

TEST_F(DicomSeriesReaderTest, ObjectsBesideTheSlicesOfASeriesAreLeftOutAndSaid) {
  auto slices = MakeSlices(5);
  for (auto& slice : slices) slice.series_uid += ".1";  // as the object's will be
  WriteSlices(slices, directory_ / "series");
  DicomCoding colours;
  colours.photometric = "PALETTE COLOR";
  WriteCodedSlice(slices[0], colours, directory_ / "series/screen.dcm");
  WriteObjectWithoutPixels(MakeSlices(1)[0], directory_ / "series/report.dcm",
                           "1.2.840.10008.5.1.4.1.1.88.33");
  const RawVolume volume = ValueOf(Read());
  EXPECT_EQ(volume.size[0], 5);
  std::vector<std::string> codes;
  for (const Rejection& warning : volume.warnings) codes.push_back(warning.code);
  EXPECT_EQ(codes, (std::vector<std::string>{"COLOR_IMAGE", "REPORT"}));
}

TEST_F(DicomSeriesReaderTest, PicturesOfScreensAreRefusedUnlessTheyLieInSpace) {
  constexpr std::uint32_t kSopClass = 0x00080016, kPosition = 0x00200032;
  auto slices = MakeSlices(3);
  std::filesystem::create_directories(directory_ / "series");
  DicomCoding coding;
  for (const bool is_placed : {false, true}) {
    for (std::size_t i = 0; i < slices.size(); ++i) {
      coding.texts = {{kSopClass, "1.2.840.10008.5.1.4.1.1.7"}};
      if (!is_placed) coding.texts.emplace_back(kPosition, "");
      WriteCodedSlice(slices[i], coding, directory_ / Concat("series/", i, ".dcm"));
    }
    EXPECT_EQ(CodeOf(Read()), is_placed ? "accepted" : "SECONDARY_CAPTURE");
  }
}

TEST_F(DicomSeriesReaderTest, WordsInPixelsAreRefused) {
  constexpr std::uint32_t kBurnedIn = 0x00280301;
  auto slices = MakeSlices(3);
  std::filesystem::create_directories(directory_ / "series");
  for (const std::string words : {"YES", "NO"}) {
    for (std::size_t i = 0; i < slices.size(); ++i) {
      WriteCodedSlice(slices[i], {.texts = {{kBurnedIn, words}}},
                      directory_ / Concat("series/", i, ".dcm"));
    }
    EXPECT_EQ(CodeOf(Read()), words == "YES" ? "BURNED_IN_ANNOTATION" : "accepted");
  }
}

TEST_F(DicomSeriesReaderTest, RefusesASeriesWithAMissingSlice) {
  auto slices = MakeSlices(6);
  slices.erase(slices.begin() + 2);
  EXPECT_EQ(CodeOf(WriteAndRead(slices)), "MISSING_SLICE");
}

TEST_F(DicomSeriesReaderTest, RefusesTwoSlicesAtOnePositionButLeavesOutCopiesOfAFile) {
  auto slices = MakeSlices(4);
  slices.push_back(slices[1]);
  const RawVolume volume = ValueOf(WriteAndRead(slices));
  EXPECT_EQ(volume.size[0], 4);
  ASSERT_EQ(volume.warnings.size(), 1U);
  EXPECT_EQ(volume.warnings[0].code, "COPIES_LEFT_OUT");
  ++slices.back().pixels[3];  // an identity that an anonymiser gave to two
  EXPECT_EQ(CodeOf(WriteAndRead(slices)), "DUPLICATE_POSITION");
  slices.back().pixels = slices[1].pixels;
  slices.back().instance_uid += ".9";
  EXPECT_EQ(CodeOf(WriteAndRead(slices)), "DUPLICATE_POSITION");
}

// Slices at the same places, seen from the side.
std::vector<demo::DicomSlice> FromTheSide(std::vector<demo::DicomSlice> slices) {
  for (demo::DicomSlice& slice : slices) {
    slice.orientation = {0, 1, 0, 0, 0, -1};
    slice.position = {slice.position[2], 5, 7};
    slice.instance_uid += ".5";
    slice.instance_number += 100;
  }
  return slices;
}

TEST_F(DicomSeriesReaderTest, RefusesDirectionsOfWhichNoneHasEnoughSlices) {
  auto slices = MakeSlices(2);
  const auto others = FromTheSide(slices);
  slices.insert(slices.end(), others.begin(), others.end());
  EXPECT_EQ(CodeOf(WriteAndRead(slices)), "MIXED_ORIENTATION");
}

TEST_F(DicomSeriesReaderTest, TakesEachDirectionOfASeriesByItself) {
  auto slices = FromTheSide(MakeSlices(5));
  const auto axial = MakeSlices(4);
  slices.insert(slices.begin() + 2, axial.begin(), axial.end());
  slices.push_back(axial[0]);  // of another size, alone
  slices.back().rows = 3;
  slices.back().columns = 10;
  slices.back().instance_uid += ".6";
  WriteSlices(slices, directory_ / "series");
  const ScanResult scan = reader_.Scan(ListFiles({directory_.path()})->files);
  ASSERT_EQ(scan.sources.size(), 2U);
  EXPECT_NE(scan.sources[0].Name(), scan.sources[1].Name());
  EXPECT_EQ(scan.sources[0].files.size() + scan.sources[1].files.size() + 1, slices.size());
  ASSERT_EQ(scan.rejected.size(), 1U);  // and is no source, which would share the others' labels
  EXPECT_EQ(scan.rejected[0].rejection.code, "TOO_FEW_SLICES");
  EXPECT_EQ(scan.rejected[0].path, directory_ / "series/IM-010.dcm");
  const RawVolume first = ValueOf(reader_.Read(scan.sources[0]));
  const RawVolume second = ValueOf(reader_.Read(scan.sources[1]));
  EXPECT_EQ(first.size, (std::array<std::int64_t, 3>{4, 5, 6}));
  EXPECT_EQ(second.size, (std::array<std::int64_t, 3>{5, 5, 6}));
  EXPECT_EQ(first.warnings.back().code, "SERIES_SPLIT");
  EXPECT_EQ(first.subject_key, second.subject_key);
}

// Every second slice is turned by a twentieth of a degree more than another: no other stack.
TEST_F(DicomSeriesReaderTest, DirectionsThatAlmostAgreeAreNotTakenApart) {
  for (const int first : {0, 1}) {
    auto slices = MakeSlices(12);
    for (std::size_t i = 0; i < slices.size(); ++i) {
      const double turn = (i + first) % 2 == 0 ? 0.0 : 0.0016;
      slices[i].orientation = {std::cos(turn),  std::sin(turn), 0,
                               -std::sin(turn), std::cos(turn), 0};
    }
    EXPECT_EQ(CodeOf(WriteAndRead(slices)), "MIXED_ORIENTATION");
  }
}

TEST_F(DicomSeriesReaderTest, ADirectionThatTurnsFromSliceToSliceIsNoVolume) {
  auto slices = MakeSlices(40);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const double turn = 0.02 * static_cast<double>(i);
    slices[i].orientation = {std::cos(turn), std::sin(turn), 0, -std::sin(turn), std::cos(turn), 0};
  }
  EXPECT_EQ(CodeOf(WriteAndRead(slices)), "MIXED_ORIENTATION");
}

TEST_F(DicomSeriesReaderTest, AVolumeBetweenTheSlicesOfAnotherIsNotMixedIntoIt) {
  auto slices = MakeSlices(4);
  std::filesystem::create_directories(directory_ / "series");
  for (std::size_t i = 0; i < slices.size(); ++i) {
    WriteCodedSlice(slices[i], {.image_type = "ORIGINAL\\PRIMARY\\M\\ND"},
                    directory_ / Concat("series/", i, "m.dcm"));
    slices[i].instance_uid += ".7";
    slices[i].position[2] += 1.5;
    slices[i].pixels[0] = 7000;
    WriteCodedSlice(slices[i], {.image_type = "ORIGINAL\\PRIMARY\\P\\ND"},
                    directory_ / Concat("series/", i, "p.dcm"));
  }
  const RawVolume volume = ValueOf(Read());
  EXPECT_EQ(volume.size[0], 4);
  EXPECT_FLOAT_EQ(volume.voxels[0], 0);
  EXPECT_EQ(volume.warnings.at(0).code, "MAGNITUDE_TAKEN");
}

TEST_F(DicomSeriesReaderTest, SlicesThatAreAlmostEvenlyApartBecomeSo) {
  auto slices = MakeSlices(5);
  slices[3].position[2] += 1.5;  // at 0, 3, 6, 10.5 and 15 mm
  slices[4].position[2] += 3;
  const RawVolume volume = ValueOf(WriteAndRead(slices));
  EXPECT_EQ(volume.size[0], 6);
  EXPECT_NEAR(volume.to_ras[2][2], 3, 1e-9);
  EXPECT_FLOAT_EQ(volume.voxels[0], 0);
  EXPECT_FLOAT_EQ(volume.voxels[2 * 30], 200);
  EXPECT_NEAR(volume.voxels[3 * 30], 200 + 100 * 3 / 4.5, 1e-3);
  EXPECT_FLOAT_EQ(volume.voxels[5 * 30], 400);
  ASSERT_EQ(volume.warnings.size(), 1U);
  EXPECT_EQ(volume.warnings[0].code, "SPACING_EVENED");
}

TEST_F(DicomSeriesReaderTest, TheListOfADiskIsSaidToBeOneAndIsNoSource) {
  WriteObjectWithoutPixels(MakeSlices(1)[0], directory_ / "DICOMDIR", "1.2.840.10008.1.3.10");
  WriteSlices(MakeSlices(3), directory_.path());
  EXPECT_EQ(CodeOf(Read()), "accepted");
  EXPECT_EQ(source_.path, directory_.path());
  ASSERT_EQ(rejected_.size(), 1U);
  EXPECT_EQ(rejected_[0].rejection.code, "DICOMDIR");
}

TEST_F(DicomSeriesReaderTest, RefusesASeriesWithATruncatedFile) {
  WriteSlices(MakeSlices(4), directory_ / "series");
  const std::string file = directory_ / "series/IM-002.dcm";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 20);
  EXPECT_EQ(CodeOf(Read()), "TRUNCATED");
}

TEST_F(DicomSeriesReaderTest, RefusesObjectsThatAreNoImagesByWhatTheyAre) {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"481.3", "STRUCTURE_SET"},
      {"481.5", "PLAN"},
      {"66.4", "SEGMENTATION"},
      {"66.1", "REGISTRATION"},
      {"88.33", "REPORT"},
      {"11.1", "PRESENTATION_STATE"},
      {"104.1", "ENCAPSULATED_DOCUMENT"},
      {"481.2", "DOSE"},
      {"66", "NOT_AN_IMAGE"},
      {"4", "NOT_AN_IMAGE"}};
  for (const auto& [suffix, code] : kinds) {
    ::gvsl::testing::WriteObjectWithoutPixels(MakeSlices(1)[0], directory_ / "object.dcm",
                                              "1.2.840.10008.5.1.4.1.1." + suffix);
    EXPECT_EQ(CodeOf(Read()), code) << suffix;
  }
}

TEST_F(DicomSeriesReaderTest, RefusesNumbersThatNoScannerWrites) {
  const double nan = std::nan(""), infinite = std::numeric_limits<double>::infinity();
  const std::vector<std::pair<std::string, std::function<void(demo::DicomSlice&)>>> absurdities = {
      {"INVALID_RESCALE", [](auto& slice) { slice.slope = 1e300; }},
      {"INVALID_RESCALE", [&](auto& slice) { slice.slope = nan; }},
      {"INVALID_RESCALE", [&](auto& slice) { slice.intercept = -infinite; }},
      {"INVALID_GEOMETRY",
       [](auto& slice) {
         slice.pixel_spacing = {1e200, 1e200};
       }},
      {"INVALID_GEOMETRY",
       [](auto& slice) {
         slice.pixel_spacing = {1e-200, 1};
       }},
      {"INVALID_GEOMETRY",
       [](auto& slice) {
         slice.pixel_spacing = {1, -1};
       }},
      {"INVALID_GEOMETRY",
       [](auto& slice) {
         slice.pixel_spacing = {0, 0};
       }},
      {"NO_GEOMETRY",
       [&](auto& slice) {
         slice.pixel_spacing = {nan, 1};
       }},
      {"INVALID_GEOMETRY", [](auto& slice) { slice.position[1] = 1e200; }},
      {"NO_GEOMETRY", [&](auto& slice) { slice.position[0] = infinite; }},
      {"NO_GEOMETRY", [&](auto& slice) { slice.orientation[0] = nan; }},
      {"INVALID_GEOMETRY", [](auto& slice) { slice.orientation[0] = 1e200; }},
      {"INVALID_GEOMETRY", [](auto& slice) { slice.position[2] *= 1e6; }}};
  for (const auto& [code, change] : absurdities) {
    auto slices = MakeSlices(4);
    for (auto& slice : slices) change(slice);
    EXPECT_EQ(CodeOf(WriteAndRead(slices)), code) << &change - &absurdities[0].second;
  }
}

TEST_F(DicomSeriesReaderTest, RefusesASeriesOfWhichOneSliceHasNoRescale) {
  auto slices = MakeSlices(5);
  for (auto& slice : slices) slice.intercept = -1024;
  WriteSlices(slices, directory_ / "series");
  DicomCoding without;
  without.texts = {{0x00281052, ""}, {0x00281053, ""}};
  WriteCodedSlice(slices[2], without, directory_ / "series/IM-003.dcm");
  EXPECT_EQ(CodeOf(Read()), "INVALID_RESCALE");
}

// Two volumes between each other's slices, under one UID that was not unique.
TEST_F(DicomSeriesReaderTest, SeparatesPatientsAndFramesOfReferenceOfOneSeriesUid) {
  for (const bool is_other_patient : {true, false}) {
    const auto slices = MakeSlices(5);
    WriteSlices(slices, directory_ / "series");
    for (auto other : slices) {
      DicomCoding coding;
      other.position[2] += 1.5;
      other.instance_uid += ".7";
      if (is_other_patient) {
        other.patient_id = "another";
      } else {
        coding.texts = {{0x00200052, "1.2.3"}};
      }
      const std::string name = Concat("other-", other.instance_number, ".dcm");
      WriteCodedSlice(other, coding, directory_ / ("series/" + name));
    }
    const ScanResult scan = reader_.Scan(ListFiles({directory_.path()})->files);
    ASSERT_EQ(scan.sources.size(), 2U);
    for (const VolumeSource& source : scan.sources) {
      const RawVolume volume = ValueOf(reader_.Read(source));
      EXPECT_EQ(volume.size[0], 5);
      EXPECT_NEAR(volume.to_ras[2][2], 3, 1e-9);
      EXPECT_EQ(volume.warnings.empty(), is_other_patient);
      if (!is_other_patient) {
        EXPECT_EQ(volume.warnings.back().code, "SERIES_SPLIT");
      }
    }
  }
}

TEST_F(DicomSeriesReaderTest, TwoSlicesEachOfTwoPatientsAreNoVolume) {
  auto slices = MakeSlices(4);
  for (std::size_t i = 2; i < 4; ++i) slices[i].patient_id = "another";
  WriteSlices(slices, directory_ / "series");
  const ScanResult scan = reader_.Scan(ListFiles({directory_.path()})->files);
  ASSERT_EQ(scan.sources.size(), 2U);
  for (const VolumeSource& source : scan.sources) {
    EXPECT_EQ(CodeOf(reader_.Read(source)), "TOO_FEW_SLICES");
  }
}

TEST_F(DicomSeriesReaderTest, RefusesSequencesNestedWithoutEnd) {
  WriteDicomBytes(directory_ / "deep.dcm", NestedSequences(200'000));
  EXPECT_EQ(CodeOf(Read()), "EXCESSIVE_STRUCTURE");
  WriteDicomBytes(directory_ / "deep.dcm", NestedSequences(20));
  EXPECT_EQ(CodeOf(Read()), "TRUNCATED");
}

TEST_F(DicomSeriesReaderTest, RefusesDeflatedDataOfGigabytesBeforeItIsInflated) {
  // One stored block of deflate, 0x0200 bytes: pixels of 4 GB are promised.
  std::string data = NestedSequences(0) + std::string("\xe0\x7f\x10\0OB\0\0\0\x28\x6b\xee", 12);
  data.resize(0x0200);
  const std::string block("\1\0\2\xff\xfd", 5);
  WriteDicomBytes(directory_ / "bomb.dcm", block + data + std::string(8, '\0'), /*deflated=*/true);
  EXPECT_EQ(CodeOf(Read()), "EXCESSIVE_STRUCTURE");
}

TEST_F(DicomSeriesReaderTest, RefusesMoreElementsThanAnImageHas) {
  WriteDicomBytes(directory_ / "zeros.dcm", std::string(5'000'000, '\0'));
  EXPECT_EQ(CodeOf(Read()), "EXCESSIVE_STRUCTURE");
}

TEST_F(DicomSeriesReaderTest, RefusesASeriesThatPromisesMoreThanALimitBeforeItReadsPixels) {
  auto slices = MakeSlices(20);
  for (auto& slice : slices) slice.rows = slice.columns = 20'000;
  EXPECT_EQ(CodeOf(WriteAndRead(slices)), "TRUNCATED");
  // Of what is compressed nobody knows how much it will be.
  DicomCoding coding{.syntax = gvsl::testing::syntax::kRle};
  coding.codestream.resize(100);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const std::string name = Concat("series/IM-", i < 9 ? "00" : "0", i + 1, ".dcm");
    WriteCodedSlice(slices[i], coding, directory_ / name);
  }
  EXPECT_EQ(CodeOf(Read()), "TOO_LARGE");
}

TEST_F(DicomSeriesReaderTest, LooksIntoNoLargeFileThatOnlyLacksAnExtension) {
  std::ofstream(directory_ / "disk-image");
  std::filesystem::resize_file(directory_ / "disk-image", 100'000'000'000);
  std::ofstream(directory_ / "log") << std::string(10'000'000, 'a');
  const ScanResult scan = reader_.Scan(ListFiles({directory_.path()})->files);
  EXPECT_EQ(scan.left.size(), 2U);
}

TEST_F(DicomSeriesReaderTest, LeavesOtherFilesAloneUnlessTheyAreCalledDicom) {
  WriteSlices(MakeSlices(3), directory_ / "series");
  std::ofstream(directory_ / "series/readme.txt") << "not DICOM";
  std::ofstream(directory_ / "series/README") << "not DICOM either";
  std::ofstream(directory_ / "series/broken.dcm") << std::string(3000, 'z');
  EXPECT_EQ(CodeOf(Read()), "accepted");
  EXPECT_EQ(left_.size(), 2U);
  ASSERT_EQ(rejected_.size(), 1U);
  EXPECT_EQ(rejected_[0].rejection.code, "NOT_DICOM");
}

TEST_F(DicomSeriesReaderTest, SeparatesSeriesThatLieInOneFolder) {
  WriteSlices(MakeSlices(3, "Doe"), directory_.path());
  auto others = MakeSlices(4, "Roe");
  std::filesystem::rename(directory_ / "IM-001.dcm", directory_ / "a.dcm");
  std::filesystem::rename(directory_ / "IM-002.dcm", directory_ / "b.dcm");
  std::filesystem::rename(directory_ / "IM-003.dcm", directory_ / "c.dcm");
  WriteSlices(others, directory_.path());
  const ScanResult scan = reader_.Scan(ListFiles({directory_.path()})->files);
  ASSERT_EQ(scan.sources.size(), 2U);
  EXPECT_NE(scan.sources[0].path, scan.sources[1].path);
  const RawVolume one = ValueOf(reader_.Read(scan.sources[0]));
  const RawVolume other = ValueOf(reader_.Read(scan.sources[1]));
  EXPECT_EQ(one.size[0] + other.size[0], 7);
  EXPECT_NE(one.subject_key, other.subject_key);
  EXPECT_EQ(one.subject_key.find("oe"), std::string::npos);
}

}  // namespace
}  // namespace gvsl::data_loader
