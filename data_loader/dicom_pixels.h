// The pixels of DICOM files, frame by frame.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "data_loader/pixel_format.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// One file, parsed once. Not thread-safe.
class DicomPixels {
 public:
  // TRUNCATED where it ends early.
  static OrRejection<std::unique_ptr<DicomPixels>> Open(const std::string& path);
  ~DicomPixels();

  // rows x columns values with the frame's own rescale slope and intercept applied. TRUNCATED,
  // DAMAGED_PIXELS, CODESTREAM_MISMATCH, UNSUPPORTED_PIXELS, INVALID_RESCALE.
  OrRejection<SliceValues> Read(std::size_t frame, Bits bits);

 private:
  class File;
  explicit DicomPixels(std::unique_ptr<File> file);
  std::unique_ptr<File> file_;
};

}  // namespace gvsl::data_loader
