// DICOM's run-length encoding (PS3.5 annex G) of one grey frame. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gvsl::data_loader {

// `pixels` numbers of `bytes_each` (1 or 2) bytes. Nothing where a segment is missing, lies outside
// or ends before its bytes do; memory is taken only as the data warrant it.
std::optional<std::vector<std::uint16_t>> DecodeRle(std::span<const std::uint8_t> bytes,
                                                    std::size_t pixels, int bytes_each);

}  // namespace gvsl::data_loader
