#include "model/register/gray_image.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace gvsl::model {
namespace {

// Rows from the top, five bits each, the left pixel highest.
using Glyph = std::array<std::uint8_t, 7>;

const std::map<char, Glyph>& Glyphs() {
  static const auto& glyphs =
      *new std::map<char, Glyph>{{'A', {0x0E, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11}},
                                 {'B', {0x1E, 0x11, 0x11, 0x1E, 0x11, 0x11, 0x1E}},
                                 {'D', {0x1E, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1E}},
                                 {'E', {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F}},
                                 {'F', {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x10}},
                                 {'G', {0x0E, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0E}},
                                 {'I', {0x0E, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0E}},
                                 {'M', {0x11, 0x1B, 0x15, 0x15, 0x11, 0x11, 0x11}},
                                 {'N', {0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11}},
                                 {'O', {0x0E, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0E}},
                                 {'P', {0x1E, 0x11, 0x11, 0x1E, 0x10, 0x10, 0x10}},
                                 {'R', {0x1E, 0x11, 0x11, 0x1E, 0x14, 0x12, 0x11}},
                                 {'T', {0x1F, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04}},
                                 {'V', {0x11, 0x11, 0x11, 0x11, 0x11, 0x0A, 0x04}},
                                 {'W', {0x11, 0x11, 0x11, 0x15, 0x15, 0x1B, 0x11}},
                                 {'X', {0x11, 0x11, 0x0A, 0x04, 0x0A, 0x11, 0x11}}};
  return glyphs;
}

void SetPixel(int x, int y, std::uint8_t value, GrayImage& image) {
  if (x >= 0 && y >= 0 && x < image.width && y < image.height) image.At(x, y) = value;
}

}  // namespace

std::uint8_t Gray(double value) {
  return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
}

void Paste(const GrayImage& tile, int x, int y, GrayImage& image) {
  for (int row = 0; row < tile.height; ++row) {
    for (int column = 0; column < tile.width; ++column) {
      SetPixel(x + column, y + row,
               tile.pixels[static_cast<std::size_t>(row) * tile.width + column], image);
    }
  }
}

void DrawText(std::string_view text, int x, int y, GrayImage& image) {
  for (const char letter : text) {
    if (const auto glyph = Glyphs().find(letter); glyph != Glyphs().end()) {
      for (int k = 0; k < 35; ++k) {
        const bool on = (glyph->second[k / 5] >> (4 - k % 5) & 1) != 0;
        if (on) SetPixel(x + k % 5, y + k / 5, 255, image);
      }
    }
    x += 6;
  }
}

}  // namespace gvsl::model
