// What a compressed image says of itself, whatever the DICOM header around it says. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace gvsl::data_loader {

struct Codestream {
  std::int64_t columns = 0;
  std::int64_t rows = 0;
  int precision = 0;  // bits of a sample, 1 to 38
  int components = 0;
  std::optional<bool> is_signed;  // JPEG 2000 alone says so
  bool ends = false;              // the marker of an end is there
};

// Of a JPEG or JPEG-LS (frame header: ITU-T T.81 B.2.2), or of a JPEG 2000 (SIZ: ITU-T T.800
// A.5.1); nothing where the bytes are neither, or have two frames. JPEG 2000 with components of
// unlike precision is as its first. Nothing either where a decoder would go
// through the image again and again: a JPEG of hundreds of scans.
std::optional<Codestream> ReadCodestream(std::span<const std::uint8_t> bytes);

// What a decoder should see: without the boxes of a JP2 file, which DICOM forbids and some write,
// and without what stands behind the marker of the end. Empty where the boxes hold none.
std::span<const std::uint8_t> BareCodestream(std::span<const std::uint8_t> bytes);

}  // namespace gvsl::data_loader
