// However a slice's pixels are coded, its values are the same; where its header and its pixels
// disagree, the pixels are right; where they are damaged, it is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "data_loader/dicom_pixels.h"
#include "data_loader/dicom_reader.h"
#include "tests/support/dicom_encoder.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/jpeg2000_maker.h"
#include "tests/support/readings.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::CodeOf;
using ::gvsl::testing::DicomCoding;
using ::gvsl::testing::MakeJpeg2000;
using ::gvsl::testing::MakeSlices;
using ::gvsl::testing::TemporaryDirectory;
using ::gvsl::testing::ValueOf;
using ::gvsl::testing::WriteCodedSlice;
namespace syntax = ::gvsl::testing::syntax;

// 40 x 36 pixels that no predictor guesses.
demo::DicomSlice MakeSlice(int least, int greatest) {
  demo::DicomSlice slice = MakeSlices(1)[0];
  slice.rows = 40;
  slice.columns = 36;
  slice.pixels.clear();
  std::uint32_t state = 1;
  for (int i = 0; i < 40 * 36; ++i) {
    state = state * 1664525 + 1013904223;
    const int value = least + static_cast<int>((state >> 16) % (greatest - least + 1));
    slice.pixels.push_back(static_cast<std::int16_t>(value));
  }
  slice.pixels[0] = static_cast<std::int16_t>(least);
  slice.pixels[1] = static_cast<std::int16_t>(greatest);
  return slice;
}

std::vector<float> Expected(const demo::DicomSlice& slice) {
  return {slice.pixels.begin(), slice.pixels.end()};
}

class DicomEncodings : public ::testing::Test {
 protected:
  // What the header says against it, as ingestion would.
  OrRejection<SliceValues> Read() {
    const auto header = ReadDicomHeader(path_);
    if (!header) return Rejection{"NOT_DICOM", ""};
    if (!header->problem.code.empty()) return header->problem;
    const auto pixels = DicomPixels::Open(path_);
    if (const auto* rejection = std::get_if<Rejection>(&pixels)) return *rejection;
    OrRejection<SliceValues> read = std::get<0>(pixels)->Read(0, bits_);
    if (header->pixels) ExpectSame(*header->pixels, read);
    return read;
  }
  // A plain file's pixels from where they stand.
  void ExpectSame(const NativePixels& pixels, const OrRejection<SliceValues>& read) {
    std::vector<std::uint16_t> words;
    const OrRejection<SliceValues> again = ReadNativePixels(path_, pixels, bits_, words);
    ASSERT_EQ(CodeOf(again), CodeOf(read));
    if (const auto* slice = std::get_if<SliceValues>(&read)) {
      const auto& other = std::get<SliceValues>(again);
      EXPECT_EQ(other.values, slice->values);
      EXPECT_EQ(other.padding, slice->padding);
      EXPECT_EQ(other.contradictions.overflows, slice->contradictions.overflows);
      EXPECT_EQ(other.contradictions.has_bare_signs, slice->contradictions.has_bare_signs);
      EXPECT_EQ(other.contradictions.sign_differs, slice->contradictions.sign_differs);
    }
  }
  OrRejection<SliceValues> WriteAndRead(const demo::DicomSlice& slice, const DicomCoding& coding) {
    WriteCodedSlice(slice, coding, path_);
    return Read();
  }
  std::string Bytes() {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Overwrite(const std::string& bytes) {
    std::ofstream file(path_, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  Bits bits_ = Bits::kStored;
  TemporaryDirectory directory_;
  std::string path_ = directory_ / "slice.dcm";
};

class LosslessSyntax : public DicomEncodings, public ::testing::WithParamInterface<const char*> {};

TEST_P(LosslessSyntax, KeepsSignedAndUnsignedNumbersOfEveryWidth) {
  struct Width {
    int stored, least, greatest;
    bool is_signed;
  };
  const Width widths[] = {{16, -32768, 32767, true},
                          {12, -2048, 2047, true},
                          {12, 0, 4095, false},
                          {10, 0, 1023, false},
                          {15, 0, 32767, false}};
  for (const Width& width : widths) {
    const demo::DicomSlice slice = MakeSlice(width.least, width.greatest);
    DicomCoding coding{.syntax = GetParam()};
    coding.bits_stored = width.stored;
    coding.high_bit = width.stored - 1;
    coding.is_signed = width.is_signed;
    const SliceValues read = ValueOf(WriteAndRead(slice, coding));
    EXPECT_EQ(read.values, Expected(slice)) << width.stored << width.is_signed;
    EXPECT_FALSE(read.contradictions.overflows || read.contradictions.sign_differs)
        << width.stored << width.is_signed;
    EXPECT_TRUE(read.padding.empty());
  }
}

TEST_P(LosslessSyntax, KeepsNumbersOfEightBits) {
  const demo::DicomSlice slice = MakeSlice(0, 255);
  DicomCoding coding{.syntax = GetParam(), .bits_allocated = 8, .bits_stored = 8, .high_bit = 7};
  coding.is_signed = false;
  EXPECT_EQ(ValueOf(WriteAndRead(slice, coding)).values, Expected(slice));
}

TEST_P(LosslessSyntax, KeepsNumbersOfEightBitsInWordsOfSixteen) {
  const demo::DicomSlice slice = MakeSlice(0, 255);
  DicomCoding coding{.syntax = GetParam(), .bits_stored = 8, .high_bit = 7, .is_signed = false};
  EXPECT_EQ(ValueOf(WriteAndRead(slice, coding)).values, Expected(slice));
}

TEST_P(LosslessSyntax, IsTruncatedOrDamagedWhereverItIsCut) {
  WriteCodedSlice(MakeSlice(0, 4000), {.syntax = GetParam()}, path_);
  const std::string whole = Bytes();
  for (std::size_t cut = 2; cut < 2000; cut += 201) {
    Overwrite(whole.substr(0, whole.size() - cut));
    const std::string code = CodeOf(Read());
    EXPECT_TRUE(code == "TRUNCATED" || code == "DAMAGED_PIXELS") << cut << " " << code;
  }
}

INSTANTIATE_TEST_SUITE_P(DicomEncodings, LosslessSyntax,
                         ::testing::Values(syntax::kImplicit, syntax::kExplicit, syntax::kDeflated,
                                           syntax::kBigEndian, syntax::kRle, syntax::kJpegLossless,
                                           syntax::kJpegLosslessFirstOrder, syntax::kJpegLs,
                                           syntax::kJpeg2000),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST_F(DicomEncodings, LossyJpegIsCloseToWhatItWas) {
  demo::DicomSlice slice = MakeSlice(0, 1);
  for (int i = 0; i < 40 * 36; ++i) slice.pixels[i] = static_cast<std::int16_t>(i / 36 + i % 36);
  for (const bool extended : {false, true}) {
    DicomCoding coding;
    coding.syntax = extended ? syntax::kJpegExtended : syntax::kJpegBaseline;
    coding.bits_allocated = extended ? 16 : 8;
    coding.bits_stored = extended ? 12 : 8;
    coding.high_bit = coding.bits_stored - 1;
    coding.is_signed = false;
    const SliceValues read = ValueOf(WriteAndRead(slice, coding));
    for (std::size_t i = 0; i < read.values.size(); ++i) {
      ASSERT_NEAR(read.values[i], slice.pixels[i], 2) << i;
    }
  }
}

TEST_F(DicomEncodings, TheHighBitMayLieAnywhere) {
  const demo::DicomSlice slice = MakeSlice(-500, 500);
  DicomCoding coding{.bits_stored = 12, .high_bit = 14};
  for (const std::int16_t pixel : slice.pixels) {  // with something else in the bits around
    coding.words.push_back(static_cast<std::uint16_t>((pixel & 0xfff) << 3 | 0x8005));
  }
  EXPECT_EQ(ValueOf(WriteAndRead(slice, coding)).values, Expected(slice));
}

TEST_F(DicomEncodings, BitsBeyondThoseStoredAreSeen) {
  DicomCoding coding{.bits_stored = 12, .high_bit = 11, .is_signed = false};
  const demo::DicomSlice wide = MakeSlice(0, 20000);
  EXPECT_TRUE(ValueOf(WriteAndRead(wide, coding)).contradictions.overflows);
  bits_ = Bits::kAll;
  EXPECT_EQ(ValueOf(Read()).values, Expected(wide));
  bits_ = Bits::kStored;

  const demo::DicomSlice signs = MakeSlice(-2048, 2047);
  coding.is_signed = true;
  SliceValues read = ValueOf(WriteAndRead(signs, coding));
  EXPECT_EQ(read.values, Expected(signs));
  EXPECT_FALSE(read.contradictions.overflows || read.contradictions.has_bare_signs);
  for (const std::int16_t pixel : signs.pixels) coding.words.push_back(pixel & 0xfff);
  read = ValueOf(WriteAndRead(signs, coding));
  EXPECT_EQ(read.values, Expected(signs));
  EXPECT_TRUE(read.contradictions.has_bare_signs);
  EXPECT_FALSE(read.contradictions.overflows);
}

TEST_F(DicomEncodings, AnOverlayInThePixelsIsNoneOfTheirNumbers) {
  for (const char* name : {syntax::kExplicit, syntax::kRle, syntax::kJpegLosslessFirstOrder}) {
    DicomCoding coding{.syntax = name, .bits_stored = 12, .high_bit = 11, .is_signed = false};
    coding.overlay_bit = 12;
    const demo::DicomSlice slice = MakeSlice(0, 4095);
    for (std::size_t i = 0; i < slice.pixels.size(); ++i) {
      const int drawn = i % 5 == 0 ? 1 << 12 : 0;
      coding.words.push_back(static_cast<std::uint16_t>(slice.pixels[i] | drawn));
    }
    for (const Bits bits : {Bits::kStored, Bits::kAll}) {
      bits_ = bits;
      const SliceValues read = ValueOf(WriteAndRead(slice, coding));
      EXPECT_EQ(read.values, Expected(slice)) << name;
      EXPECT_FALSE(read.contradictions.overflows) << name;
    }
  }
}

TEST_F(DicomEncodings, TheCodestreamKnowsSignAndPrecisionBetterThanTheHeader) {
  const demo::DicomSlice slice = MakeSlice(-2048, 2047);
  const std::vector<std::int32_t> samples(slice.pixels.begin(), slice.pixels.end());
  DicomCoding coding{.syntax = syntax::kJpeg2000, .is_signed = false};
  coding.codestream = MakeJpeg2000(samples, 40, 36, {.precision = 12, .is_signed = true});
  const SliceValues signs = ValueOf(WriteAndRead(slice, coding));
  EXPECT_EQ(signs.values, Expected(slice));
  EXPECT_TRUE(signs.contradictions.sign_differs);

  // Two's complement under the name of unsigned numbers, as some archives do it: of 13 bits, and
  // of 16 where 12 are stored.
  for (const auto& [precision, stored] : {std::pair(13, 16), {16, 12}, {12, 12}}) {
    std::vector<std::int32_t> wrapped = samples;
    for (std::int32_t& sample : wrapped) sample &= (1 << std::min(precision, 13)) - 1;
    if (precision == 16) {
      for (std::size_t i = 0; i < wrapped.size(); ++i) wrapped[i] = samples[i] & 0xffff;
    }
    coding.is_signed = true;
    coding.bits_stored = stored;
    coding.high_bit = stored - 1;
    coding.codestream = MakeJpeg2000(wrapped, 40, 36, {.precision = precision});
    const SliceValues read = ValueOf(WriteAndRead(slice, coding));
    EXPECT_EQ(read.values, Expected(slice)) << precision;
    EXPECT_FALSE(read.contradictions.overflows) << precision;
    EXPECT_EQ(read.contradictions.sign_differs, precision < stored) << precision;
  }

  const demo::DicomSlice wide = MakeSlice(0, 30000);
  DicomCoding narrow{.syntax = syntax::kJpeg2000, .bits_stored = 12, .high_bit = 11};
  narrow.is_signed = false;
  narrow.codestream = MakeJpeg2000({wide.pixels.begin(), wide.pixels.end()}, 40, 36);
  bits_ = Bits::kAll;
  const SliceValues read = ValueOf(WriteAndRead(wide, narrow));
  EXPECT_EQ(read.values, Expected(wide));
  EXPECT_TRUE(read.contradictions.overflows);
}

TEST_F(DicomEncodings, WhatStandsBehindTheEndOfACodestreamIsPassedOver) {
  const demo::DicomSlice slice = MakeSlice(0, 4095);
  DicomCoding coding{.syntax = syntax::kJpeg2000, .is_signed = false};
  const std::vector<std::int32_t> samples(slice.pixels.begin(), slice.pixels.end());
  for (const std::size_t more : {1U, 2U, 3U, 64U}) {
    coding.codestream = MakeJpeg2000(samples, 40, 36, {.precision = 12});
    coding.codestream.resize(coding.codestream.size() + more, more == 64 ? 0xff : 0);
    EXPECT_EQ(ValueOf(WriteAndRead(slice, coding)).values, Expected(slice)) << more;
  }
}

TEST_F(DicomEncodings, AFrameInSeveralFragmentsIsOne) {
  const demo::DicomSlice slice = MakeSlice(0, 4095);
  for (const char* name :
       {syntax::kRle, syntax::kJpegLosslessFirstOrder, syntax::kJpegLs, syntax::kJpeg2000}) {
    DicomCoding coding{.syntax = name};
    coding.fragments = 3;
    EXPECT_EQ(ValueOf(WriteAndRead(slice, coding)).values, Expected(slice)) << name;
  }
}

TEST_F(DicomEncodings, AJp2FileInAFragmentIsReadToo) {
  const demo::DicomSlice slice = MakeSlice(0, 4095);
  DicomCoding coding{.syntax = syntax::kJpeg2000, .is_signed = false};
  coding.codestream = MakeJpeg2000({slice.pixels.begin(), slice.pixels.end()}, 40, 36,
                                   {.precision = 12, .boxed = true});
  EXPECT_EQ(ValueOf(WriteAndRead(slice, coding)).values, Expected(slice));
}

TEST_F(DicomEncodings, AnImageOfAnotherSizeThanItsHeaderSaysIsRefused) {
  const demo::DicomSlice slice = MakeSlice(0, 4095);
  const std::vector<std::int32_t> samples(slice.pixels.begin(), slice.pixels.end());
  for (const auto& [rows, columns] : {std::pair(40, 35), {39, 36}, {36, 40}, {40, 37}}) {
    DicomCoding coding{.syntax = syntax::kJpeg2000};
    std::vector<std::int32_t> resized = samples;
    resized.resize(static_cast<std::size_t>(rows * columns));
    coding.codestream = MakeJpeg2000(resized, rows, columns);
    EXPECT_EQ(CodeOf(WriteAndRead(slice, coding)), "CODESTREAM_MISMATCH") << rows << columns;
  }
  DicomCoding colours{.syntax = syntax::kJpeg2000};
  colours.codestream = MakeJpeg2000(samples, 40, 36, {.components = 3});
  EXPECT_EQ(CodeOf(WriteAndRead(slice, colours)), "CODESTREAM_MISMATCH");
}

// DCMTK fills the frame that the header announces with however few rows there are.
TEST_F(DicomEncodings, AJpegWithFewerRowsOrColumnsThanItsHeaderSaysIsRefused) {
  for (const char* name : {syntax::kJpegLosslessFirstOrder, syntax::kJpegLs}) {
    WriteCodedSlice(MakeSlice(0, 4000), {.syntax = name}, path_);
    std::string bytes = Bytes();
    const std::string frame = name == syntax::kJpegLs ? "\xff\xf7" : "\xff\xc3";
    const std::size_t at = bytes.rfind(frame + std::string("\0\x0b", 2));
    ASSERT_NE(at, std::string::npos);
    for (const std::size_t axis : {6U, 8U}) {
      std::string changed = bytes;
      --changed[at + axis];
      Overwrite(changed);
      EXPECT_EQ(CodeOf(Read()), "CODESTREAM_MISMATCH") << name << axis;
    }
  }
}

// Where a code has no redundancy, as JPEG 2000 has none, nobody can see that a bit fell over.
TEST_F(DicomEncodings, MarkersWithinTheCodeOfAJpegAreDamage) {
  WriteCodedSlice(MakeSlice(0, 4000), {.syntax = syntax::kJpegLosslessFirstOrder}, path_);
  const std::string whole = Bytes();
  for (std::size_t i = 1; i <= 20; ++i) {
    std::string changed = whole;
    changed.replace(whole.size() - 100 * i, 8, 8, '\xff');
    Overwrite(changed);
    EXPECT_EQ(CodeOf(Read()), "DAMAGED_PIXELS") << i;
  }
}

// Libraries decode: whatever the bytes, none may end the process, nor give values of nowhere.
TEST_F(DicomEncodings, AnyDamageIsReadOrRefused) {
  for (const char* name : {syntax::kRle, syntax::kJpegLosslessFirstOrder, syntax::kJpegExtended,
                           syntax::kJpegLs, syntax::kJpeg2000}) {
    DicomCoding coding{.syntax = name, .bits_stored = 12, .high_bit = 11, .is_signed = false};
    WriteCodedSlice(MakeSlice(0, 4000), coding, path_);
    const std::string whole = Bytes();
    std::uint32_t state = 7;
    const auto random = [&](std::size_t below) {
      state = state * 1664525 + 1013904223;
      return (state >> 8) % below;
    };
    int read_at_all = 0;
    for (int i = 0; i < 200; ++i) {
      std::string changed = whole;
      for (std::size_t k = 1 + random(4); k > 0; --k) {
        changed[changed.size() - 1 - random(2800)] = static_cast<char>(random(256));
      }
      Overwrite(changed);
      const auto read = Read();
      const auto* values = std::get_if<SliceValues>(&read);
      if (values == nullptr) continue;
      ++read_at_all;
      for (const float value : values->values) ASSERT_TRUE(std::abs(value) <= 65535);
    }
    EXPECT_LT(read_at_all, 200) << name << ": nothing was noticed";
  }
}

TEST_F(DicomEncodings, WhatIsNotReadIsRefusedByItsName) {
  DicomCoding coding{.syntax = syntax::kHtj2k};
  const auto read = WriteAndRead(MakeSlice(0, 100), coding);
  EXPECT_EQ(CodeOf(read), "UNSUPPORTED_TRANSFER_SYNTAX");
  EXPECT_NE(std::get<Rejection>(read).reason.find("HTJ2K"), std::string::npos);
  coding.syntax = "1.2.3.4";
  EXPECT_EQ(CodeOf(WriteAndRead(MakeSlice(0, 100), coding)), "UNSUPPORTED_TRANSFER_SYNTAX");
}

TEST_F(DicomEncodings, AFileWithoutMetaHeaderIsReadWhateverItsName) {
  const demo::DicomSlice slice = MakeSlice(-1000, 3000);
  for (const char* name : {syntax::kImplicit, syntax::kExplicit, syntax::kBigEndian}) {
    for (const char* called : {"Im.Dcm", "1.2.840.113", "slice.0001"}) {
      path_ = directory_ / called;
      DicomCoding coding{.syntax = name, .has_meta_header = false};
      EXPECT_EQ(ValueOf(WriteAndRead(slice, coding)).values, Expected(slice)) << name << called;
    }
  }
}

TEST_F(DicomEncodings, TagsOfAnUnknownKindAreUnderstood) {
  const demo::DicomSlice slice = MakeSlice(-1000, 3000);
  EXPECT_EQ(ValueOf(WriteAndRead(slice, {.has_unknown_kinds = true})).values, Expected(slice));
  const auto header = ReadDicomHeader(path_);
  ASSERT_TRUE(header && header->frames.size() == 1);
  const DicomFrame& frame = header->frames[0];
  ASSERT_TRUE(frame.position && frame.orientation && frame.pixel_spacing);
  EXPECT_EQ(*frame.position, slice.position);
}

TEST_F(DicomEncodings, PaddingIsMarkedAndKeepsItsNumber) {
  demo::DicomSlice slice = MakeSlice(-1000, 3000);
  slice.slope = 2;
  slice.pixels[5] = -2000;
  slice.pixels[7] = -1990;
  DicomCoding coding;
  coding.padding = static_cast<std::uint16_t>(-2000);
  SliceValues read = ValueOf(WriteAndRead(slice, coding));
  EXPECT_EQ(std::count(read.padding.begin(), read.padding.end(), true), 1);
  EXPECT_TRUE(read.padding[5]);
  EXPECT_FLOAT_EQ(read.values[5], -4000);
  coding.padding_limit = static_cast<std::uint16_t>(-1985);
  read = ValueOf(WriteAndRead(slice, coding));
  EXPECT_EQ(std::count(read.padding.begin(), read.padding.end(), true), 2);
}

TEST_F(DicomEncodings, PaddingIsFoundWhateverItsSign) {
  demo::DicomSlice slice = MakeSlice(0, 3000);
  DicomCoding coding{.bits_stored = 12, .high_bit = 11};
  slice.pixels[5] = -2000;
  coding.padding = 0x0830;  // of 12 bits, as an unsigned number
  EXPECT_TRUE(ValueOf(WriteAndRead(slice, coding)).padding.at(5));
  coding = {.is_signed = false};
  coding.words.assign(slice.pixels.begin(), slice.pixels.end());
  coding.padding = static_cast<std::uint16_t>(-2000);
  EXPECT_TRUE(ValueOf(WriteAndRead(slice, coding)).padding.at(5));
}

TEST_F(DicomEncodings, WhatTellsSlicesApartIsRead) {
  DicomCoding coding;
  coding.image_type = "ORIGINAL\\PRIMARY\\P\\ND";
  coding.texts = {{0x00180081, "12.5"}, {0x00200100, "7"},        {0x00181060, "350"},
                  {0x00200012, "3"},    {0x00080022, "20200229"}, {0x00080032, "235959.5"}};
  WriteCodedSlice(MakeSlice(0, 100), coding, path_);
  const Marks before = ReadDicomHeader(path_)->frames[0].marks;
  const auto of = [](const Marks& marks, Mark mark) {
    return marks[static_cast<std::size_t>(mark)].value_or(-1);
  };
  EXPECT_EQ(of(before, Mark::kComponent), 1);
  EXPECT_EQ(of(before, Mark::kEcho), 12.5);
  EXPECT_EQ(of(before, Mark::kTemporalPosition), 7);
  EXPECT_EQ(of(before, Mark::kTriggerTime), 350);
  EXPECT_EQ(of(before, Mark::kAcquisitionNumber), 3);
  EXPECT_EQ(of(before, Mark::kDiffusion), -1);
  coding.texts[4].second = "20200301";
  coding.texts[5].second = "000000.5";
  WriteCodedSlice(MakeSlice(0, 100), coding, path_);
  const Marks after = ReadDicomHeader(path_)->frames[0].marks;
  EXPECT_GT(of(after, Mark::kAcquisitionTime), of(before, Mark::kAcquisitionTime));
  coding.texts = {{0x0008002a, "20200229235959.25"}};
  WriteCodedSlice(MakeSlice(0, 100), coding, path_);
  EXPECT_EQ(of(ReadDicomHeader(path_)->frames[0].marks, Mark::kAcquisitionTime),
            of(before, Mark::kAcquisitionTime) - 0.25);
}

TEST_F(DicomEncodings, NumbersInTextAreTakenWholeOrNotAtAll) {
  const demo::DicomSlice slice = MakeSlice(0, 100);
  DicomCoding coding;
  const auto value = [&](const std::string& slope) {
    coding.texts = {{0x00281053, slope}};
    return ValueOf(WriteAndRead(slice, coding)).values.at(1);
  };
  EXPECT_EQ(value("2.5"), 250);
  EXPECT_EQ(value("2,5"), 250);
  EXPECT_EQ(value(" +2.5E+00 "), 250);
  EXPECT_EQ(value("2.5\\3"), 250);
  for (const char* wrong : {"2abc", "abc", "2.5.1", "1,000,000"}) {
    coding.texts = {{0x00281053, wrong}};
    EXPECT_EQ(CodeOf(WriteAndRead(slice, coding)), "INVALID_RESCALE") << wrong;
  }
  coding.texts = {{0x00280030, "1,5\\1,2"}, {0x00200032, "-10,5\\2\\3mm"}};
  WriteCodedSlice(slice, coding, path_);
  const DicomFrame frame = ReadDicomHeader(path_)->frames[0];
  EXPECT_EQ(frame.pixel_spacing, (std::array<double, 2>{1.5, 1.2}));
  EXPECT_FALSE(frame.position.has_value());
}

TEST_F(DicomEncodings, AnObjectOfSeveralFramesIsNotTakenForOne) {
  DicomCoding coding;
  coding.texts = {{0x00280008, "3"}};
  EXPECT_EQ(CodeOf(WriteAndRead(MakeSlice(0, 100), coding)), "MULTI_FRAME");
  coding.texts = {{0x00280008, "1"}};
  EXPECT_EQ(CodeOf(WriteAndRead(MakeSlice(0, 100), coding)), "accepted");
}

TEST_F(DicomEncodings, PixelsOfGeAreBigEndianInALittleEndianFile) {
  const demo::DicomSlice slice = MakeSlice(-3000, 3000);
  EXPECT_EQ(ValueOf(WriteAndRead(slice, {.syntax = syntax::kGe})).values, Expected(slice));
  std::string pixels;
  for (int i = 0; i < 20; ++i) {
    const auto word = static_cast<std::uint16_t>(slice.pixels[i]);
    pixels += {static_cast<char>(word >> 8), static_cast<char>(word & 0xff)};
  }
  EXPECT_NE(Bytes().find(pixels), std::string::npos);
}

TEST_F(DicomEncodings, ColoursOfAPaletteAreNoGreyValues) {
  DicomCoding coding;
  coding.photometric = "PALETTE COLOR";
  EXPECT_EQ(CodeOf(WriteAndRead(MakeSlice(0, 100), coding)), "COLOR_IMAGE");
  coding.photometric = "MONOCHROME1";
  EXPECT_EQ(CodeOf(WriteAndRead(MakeSlice(0, 100), coding)), "accepted");
}

TEST_F(DicomEncodings, ASlopeOfZeroIsNone) {
  demo::DicomSlice slice = MakeSlice(0, 100);
  slice.slope = 0;
  EXPECT_EQ(ValueOf(WriteAndRead(slice, {})).values, Expected(slice));
}

}  // namespace
}  // namespace gvsl::data_loader
