#include "common/png_image.h"

#include <gtest/gtest.h>

#include <vector>

namespace gvsl {
namespace {

TEST(PngImage, HasTheSizeAndColourTypeThatWereGiven) {
  const std::vector<std::uint8_t> pixels(12, 7);
  const std::string gray = *EncodePng(4, 3, PngColor::kGray, pixels);
  const std::string rgb = *EncodePng(2, 2, PngColor::kRgb, pixels);
  EXPECT_EQ(gray.substr(0, 8), "\x89PNG\r\n\x1a\n");
  // IHDR: width, height, depth, colour type (0 grey, 2 RGB).
  EXPECT_EQ(gray.substr(16, 10), std::string("\0\0\0\4\0\0\0\3\x8\0", 10));
  EXPECT_EQ(rgb.substr(16, 10), std::string("\0\0\0\2\0\0\0\2\x8\2", 10));
}

TEST(PngImage, RefusesPixelsThatDoNotFillIt) {
  const std::vector<std::uint8_t> pixels(12, 7);
  EXPECT_EQ(EncodePng(4, 4, PngColor::kGray, pixels).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodePng(0, 3, PngColor::kGray, {}).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gvsl
