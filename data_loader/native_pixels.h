// The pixels of a plain DICOM file, straight from where they stand (dicom_outline.h); knows no
// DCMTK.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data_loader/pixel_format.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// What identifies the state of a file: another one has changed since.
struct FileState {
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileState&) const = default;
};

struct NativePixels {
  std::uint64_t offset = 0;  // in the file
  std::uint64_t count = 0;   // numbers of the format's allocated bits, little endian
  PixelFormat format;
  FileState file;
};

// The first `most` bytes of a file, or as many as there are. Throws std::runtime_error where it
// cannot be read: that a file is none is not to be taken from a disk that fails.
struct FileHead {
  std::vector<std::uint8_t> bytes;
  FileState file;
};
FileHead ReadFileHead(const std::string& path, std::size_t most);

// As DicomPixels::Read. UNREADABLE where the file has changed. `words` is room that the next call
// can use again.
OrRejection<SliceValues> ReadNativePixels(const std::string& path, const NativePixels& pixels,
                                          Bits bits, std::vector<std::uint16_t>& words);

}  // namespace gvsl::data_loader
