// JPEG 2000 by OpenJPEG, which DCMTK has not.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gvsl::data_loader {

// The samples of an image of one component, row after row, as two's complement of 16 bits. Nothing
// where it is damaged, ends early, has more components or more than 16 bits, or is divided beyond
// sense (jpeg2000_structure.h). `bytes` are a bare codestream; memory is taken for the size that it
// states: compare that first (codestream.h). Thread-safe.
std::optional<std::vector<std::uint16_t>> DecodeJpeg2000(std::span<const std::uint8_t> bytes);

}  // namespace gvsl::data_loader
