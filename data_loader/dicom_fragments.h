// Compressed pixels of a DICOM object as they lie in its file. For dicom_*.cc alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "data_loader/frame_fragments.h"

class DcmDataset;
class DcmPixelItem;

namespace gvsl::data_loader {

// Keeps references into the data set.
class CodedFrames {
 public:
  CodedFrames(DcmDataset& dataset, std::size_t frames);
  // The fragments of a frame, joined; empty where they cannot be read, or nothing says which they
  // are.
  std::vector<std::uint8_t> Read(std::size_t frame) const;

 private:
  std::vector<DcmPixelItem*> fragments_;
  std::vector<FragmentRange> ranges_;  // by frame
};

}  // namespace gvsl::data_loader
