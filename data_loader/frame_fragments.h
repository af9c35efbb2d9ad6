// Which fragments of compressed pixels make up which frame (DICOM PS3.5 annex A.4). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace gvsl::data_loader {

struct FragmentRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// One range a frame, by the table of offsets where it fits the fragments' lengths (bytes) and gives
// no frame two codestreams; else one fragment each where there are as many; else by which fragments
// begin a codestream. Empty where none of these says it.
std::vector<FragmentRange> DivideFragments(
    std::size_t frames, std::span<const std::uint32_t> offsets,
    std::span<const std::uint32_t> lengths,
    const std::function<bool(std::size_t fragment)>& begins_codestream);

}  // namespace gvsl::data_loader
