// How a JPEG 2000 codestream is divided: what a decoder takes memory for before it has seen a
// sample. Pure.
#pragma once

#include <cstdint>
#include <span>

namespace gvsl::data_loader {

// At most 4096 tiles and 256 layers, precincts of at least 8 x 8 samples, wherever it says so
// (ITU-T T.800 A.4 to A.6): within what encoders do. False also where its headers do not follow
// each other. `bytes` are a bare codestream (codestream.h).
bool IsDividedSensibly(std::span<const std::uint8_t> bytes);

}  // namespace gvsl::data_loader
