// Pictures as PNG.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "common/status.h"

namespace gvsl {

enum class PngColor { kGray = 1, kRgb = 3 };  // bytes a pixel

// The file's bytes; `pixels` holds rows from the top, width * height pixels of 8 bits a channel.
// INVALID_ARGUMENT when it does not.
StatusOr<std::string> EncodePng(int width, int height, PngColor color,
                                std::span<const std::uint8_t> pixels);

}  // namespace gvsl
