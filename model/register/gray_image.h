// A grey picture in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace gvsl::model {

struct GrayImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  // rows from the top

  GrayImage() = default;
  GrayImage(int columns, int rows)
      : width(columns), height(rows), pixels(static_cast<std::size_t>(columns) * rows, 0) {}
  std::uint8_t& At(int x, int y) { return pixels[static_cast<std::size_t>(y) * width + x]; }
};

// 0..1 to black..white, clamped.
std::uint8_t Gray(double value);

// Copies `tile` with its upper left corner at (x, y); what lies outside is left out.
void Paste(const GrayImage& tile, int x, int y, GrayImage& image);

// Capital letters, 5x7 pixels each, 6 apart, in white; other characters are blanks.
void DrawText(std::string_view text, int x, int y, GrayImage& image);

}  // namespace gvsl::model
