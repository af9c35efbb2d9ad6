// The slices of a series, wherever they lie: files, or tiles of a mosaic.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "data_loader/dicom_reader.h"
#include "data_loader/series_assembly.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

using Series = std::vector<DicomHeader>;

struct Frame {
  std::size_t file = 0;             // place in the series
  std::optional<std::size_t> tile;  // of a mosaic
  SliceGeometry geometry;
};

// Of headers with a geometry. MOSAIC.
OrRejection<std::vector<Frame>> FramesOf(const Series& series);

// Those of the first of several volumes (series_split.h), with a warning; all of them where nothing
// tells those at one place apart, or one lies nowhere: the assembly then says so.
std::vector<Frame> OneVolumeOf(const Series& series, const std::vector<Frame>& frames,
                               std::vector<Rejection>& warnings);

// Their pixels; a mosaic is decoded once for its tiles that follow each other. UNREADABLE where a
// file has other pixels than its header had. Keeps a reference.
class FramePixels {
 public:
  FramePixels(const Series& series, Bits bits) : series_(series), bits_(bits) {}
  OrRejection<SliceValues> Read(const Frame& frame);

 private:
  OrRejection<SliceValues> ReadFile(const DicomHeader& header) const;

  const Series& series_;
  Bits bits_;
  std::optional<std::size_t> file_;
  SliceValues picture_;
};

}  // namespace gvsl::data_loader
