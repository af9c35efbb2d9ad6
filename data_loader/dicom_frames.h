// The slices of a series, wherever they lie: files, frames of an enhanced object, or tiles of a
// mosaic.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "data_loader/dicom_pixels.h"
#include "data_loader/dicom_reader.h"
#include "data_loader/series_assembly.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

struct Frame {
  std::size_t file = 0;  // place in the series
  std::size_t part = 0;  // of the header's frames, or tile of a mosaic
  SliceGeometry geometry;
};

// Of a frame that has one.
SliceGeometry GeometryOf(const DicomHeader& header, const DicomFrame& frame);

// Of headers with a geometry. MOSAIC.
OrRejection<std::vector<Frame>> FramesOf(const Series& series);

// Those of the first of several volumes (series_split.h), with a warning; all of them where nothing
// tells those at one place apart, or one lies nowhere: the assembly then says so.
std::vector<Frame> OneVolumeOf(const Series& series, const std::vector<Frame>& frames,
                               std::vector<Rejection>& warnings);

// Their pixels; a file is opened, and a mosaic decoded, once for those that follow each other.
// UNREADABLE where a file has other pixels than its header had. Keeps a reference.
class FramePixels {
 public:
  FramePixels(const Series& series, Bits bits) : series_(series), bits_(bits) {}
  OrRejection<SliceValues> Read(const Frame& frame);

 private:
  Rejection Open(std::size_t file);
  OrRejection<SliceValues> ReadPart(const Frame& frame);

  const Series& series_;
  Bits bits_;
  std::optional<std::size_t> file_;
  std::unique_ptr<DicomPixels> pixels_;  // null where the header says where they stand
  std::vector<std::uint16_t> words_;
  SliceValues picture_;  // of a mosaic
};

}  // namespace gvsl::data_loader
