// Small files that promise, or unpack to, very much.
#pragma once

#include <cstdint>
#include <string>

namespace gvsl::testing {

enum class Packing { kDeflate, kGzip };

// `begin`, then zeros, `megabytes` of them (a multiple of 16): a thousandth of it, packed.
std::string PackedZeros(const std::string& begin, std::uint64_t megabytes, Packing packing);

}  // namespace gvsl::testing
