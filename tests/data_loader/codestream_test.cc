#include "data_loader/codestream.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/jpeg2000_maker.h"

namespace gvsl::data_loader {
namespace {

using Bytes = std::vector<std::uint8_t>;

// SOI, a comment, a fill byte, a frame header of 16 bits, 300 rows and 200 columns, EOI.
Bytes Jpeg(std::uint8_t frame) {
  return {0xff, 0xd8, 0xff, 0xfe, 0,   4, 'h', 'i',  0xff, 0xff, frame, 0, 11,
          16,   1,    44,   0,    200, 1, 1,   0x11, 0,    0xff, 0xd9,  0};
}

TEST(Codestream, OfAJpegIsWhatItsFrameHeaderSays) {
  for (const int frame : {0xc0, 0xc1, 0xc2, 0xc3, 0xf7}) {
    const auto stream = ReadCodestream(Jpeg(static_cast<std::uint8_t>(frame)));
    ASSERT_TRUE(stream) << frame;
    EXPECT_EQ(stream->rows, 300);
    EXPECT_EQ(stream->columns, 200);
    EXPECT_EQ(stream->precision, 16);
    EXPECT_EQ(stream->components, 1);
    EXPECT_FALSE(stream->is_signed);
    EXPECT_TRUE(stream->ends);
  }
}

TEST(Codestream, TablesAmongTheMarkersOfFramesAreNone) {
  for (const int table : {0xc4, 0xc8, 0xcc}) {
    EXPECT_FALSE(ReadCodestream(Jpeg(static_cast<std::uint8_t>(table)))) << table;
  }
}

TEST(Codestream, AJpegOfScansWithoutEndIsNone) {
  const Bytes scan = {0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x55};
  Bytes bytes = Jpeg(0xc2);
  const auto add = [&](int scans) {
    for (int i = 0; i < scans; ++i) bytes.insert(bytes.end() - 3, scan.begin(), scan.end());
  };
  add(100);
  EXPECT_TRUE(ReadCodestream(bytes));
  add(1);
  EXPECT_FALSE(ReadCodestream(bytes));
}

TEST(Codestream, OfAJpegThatWasCutDoesNotEndOrIsNone) {
  const Bytes whole = Jpeg(0xc3);
  for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const auto stream = ReadCodestream(cut);
    EXPECT_FALSE(stream && stream->ends) << length;
    EXPECT_TRUE(length >= 19 || !stream) << length;
  }
}

TEST(Codestream, OfJpeg2000HasASignAndLiesInABoxOrNot) {
  const std::vector<std::int32_t> samples(20 * 30, 7);
  for (const bool boxed : {false, true}) {
    for (const bool is_signed : {false, true}) {
      const Bytes bytes = testing::MakeJpeg2000(
          samples, 20, 30, {.precision = 13, .is_signed = is_signed, .boxed = boxed});
      const auto stream = ReadCodestream(bytes);
      ASSERT_TRUE(stream) << boxed;
      EXPECT_EQ(BareCodestream(bytes).size() < bytes.size(), boxed);
      EXPECT_EQ(stream->rows, 20);
      EXPECT_EQ(stream->columns, 30);
      EXPECT_EQ(stream->precision, 13);
      EXPECT_EQ(stream->components, 1);
      EXPECT_EQ(stream->is_signed, is_signed);
      EXPECT_TRUE(stream->ends);
      for (std::size_t length = 0; length < bytes.size(); ++length) {
        const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
        const auto part = ReadCodestream(cut);  // within its bytes, the sanitizer says
        EXPECT_FALSE(part && part->ends) << length;
        EXPECT_TRUE(BareCodestream(cut).empty()) << length;
      }
    }
  }
}

TEST(Codestream, WithTwoFramesOrImpossibleSamplesIsNone) {
  Bytes bytes = Jpeg(0xc3);
  bytes[13] = 200;
  EXPECT_FALSE(ReadCodestream(bytes));
  bytes[13] = 0;
  EXPECT_FALSE(ReadCodestream(bytes));
  bytes = Jpeg(0xf7);
  const Bytes frame(bytes.begin() + 9, bytes.begin() + 22);
  bytes.insert(bytes.begin() + 9, frame.begin(), frame.end());
  EXPECT_FALSE(ReadCodestream(bytes));
}

TEST(Codestream, OfAnythingElseIsNone) {
  EXPECT_FALSE(ReadCodestream({}));
  EXPECT_FALSE(ReadCodestream(Bytes(1000, 0)));
  EXPECT_FALSE(ReadCodestream(Bytes(1000, 0xff)));
}

}  // namespace
}  // namespace gvsl::data_loader
