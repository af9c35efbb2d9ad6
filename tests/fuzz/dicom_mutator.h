// Mutations that a DICOM parser still understands: of whole elements and of their lengths and
// values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace gvsl::fuzz {

// Changes the first `size` bytes of `room` and gives the new size; 0 where they hold no elements,
// or the change does not fit. `mutate` changes a value as libFuzzer does.
std::size_t MutateDicom(std::span<std::uint8_t> room, std::size_t size, std::uint32_t seed,
                        std::size_t (*mutate)(std::uint8_t*, std::size_t, std::size_t));

}  // namespace gvsl::fuzz
