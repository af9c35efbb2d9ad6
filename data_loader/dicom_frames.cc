#include "data_loader/dicom_frames.h"

#include <algorithm>
#include <utility>

#include "common/text.h"
#include "data_loader/series_split.h"
#include "data_loader/siemens_mosaic.h"

namespace gvsl::data_loader {

OrRejection<std::vector<Frame>> FramesOf(const Series& series) {
  std::vector<Frame> frames;
  for (std::size_t file = 0; file < series.size(); ++file) {
    const DicomHeader& header = series[file];
    const SliceGeometry picture = {*header.position, *header.orientation, *header.pixel_spacing,
                                   header.rows, header.columns};
    if (!header.mosaic) {
      frames.push_back({file, std::nullopt, picture});
      continue;
    }
    const std::vector<SliceGeometry> tiles = TilesOf(picture, *header.mosaic);
    if (tiles.empty()) {
      return Rejection{"MOSAIC",
                       "its picture is not divided into as many slices as it should have"};
    }
    for (std::size_t tile = 0; tile < tiles.size(); ++tile) {
      frames.push_back({file, tile, tiles[tile]});
    }
  }
  return frames;
}

std::vector<Frame> OneVolumeOf(const Series& series, const std::vector<Frame>& frames,
                               std::vector<Rejection>& warnings) {
  std::vector<MarkedSlice> marked;
  for (const Frame& frame : frames) {
    MarkedSlice slice{frame.geometry.position, series[frame.file].marks};
    if (frame.tile) {
      slice.marks[static_cast<std::size_t>(Mark::kFile)] = static_cast<double>(frame.file);
    }
    marked.push_back(slice);
  }
  const auto chosen = ChooseVolume(marked);
  if (!chosen) return frames;
  std::vector<Frame> volume;
  for (const std::size_t slice : chosen->slices) volume.push_back(frames[slice]);
  const auto by = [&](Mark mark) { return std::ranges::count(chosen->by, mark) > 0; };
  if (by(Mark::kComponent)) {
    warnings.push_back({"MAGNITUDE_TAKEN",
                        "it holds several components, such as magnitude and phase; the first of "
                        "magnitude, phase, real and imaginary part was taken"});
  }
  if (chosen->by.size() > (by(Mark::kComponent) ? 1 : 0)) {
    warnings.push_back({"FURTHER_VOLUMES", Concat("it holds ", chosen->others + 1,
                                                  " volumes, such as points in time or echoes; "
                                                  "the first was taken")});
  }
  return volume;
}

OrRejection<SliceValues> FramePixels::Read(const Frame& frame) {
  const DicomHeader& header = series_[frame.file];
  if (!frame.tile) return ReadDicomPixels(header.path, bits_);
  if (frame.file != file_) {
    OrRejection<SliceValues> picture = ReadDicomPixels(header.path, bits_);
    if (auto* rejection = std::get_if<Rejection>(&picture)) return std::move(*rejection);
    picture_ = std::get<SliceValues>(std::move(picture));
    file_ = frame.file;
  }
  return CutTile(picture_, header.columns, frame.geometry, *frame.tile);
}

}  // namespace gvsl::data_loader
