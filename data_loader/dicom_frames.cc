#include "data_loader/dicom_frames.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "data_loader/series_split.h"
#include "data_loader/siemens_mosaic.h"
#include "data_loader/volume_limits.h"

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

namespace {

// By what their headers say, not by what the files are called.
std::vector<double> RanksOf(const Series& series) {
  std::vector<std::size_t> order(series.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t file) {
    return std::pair(series[file].instance_number, series[file].instance_uid);
  };
  std::ranges::sort(order, {}, key);
  std::vector<double> ranks(series.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    ranks[order[rank]] = static_cast<double>(rank);
  }
  return ranks;
}

}  // namespace

std::vector<Frame> OneVolumeOf(const Series& series, const std::vector<Frame>& frames,
                               std::vector<Rejection>& warnings) {
  const auto is_plausible = [](const Frame& frame) { return IsPlausible(frame.geometry); };
  if (!std::ranges::all_of(frames, is_plausible)) return frames;
  const std::vector<double> ranks = RanksOf(series);
  std::vector<MarkedSlice> marked;
  double pixel = kLongestSpacing;
  for (const Frame& frame : frames) {
    MarkedSlice slice{frame.geometry.position, series[frame.file].marks};
    if (frame.tile) slice.marks[static_cast<std::size_t>(Mark::kFile)] = ranks[frame.file];
    marked.push_back(slice);
    pixel = std::min({pixel, frame.geometry.pixel_spacing[0], frame.geometry.pixel_spacing[1]});
  }
  const auto chosen = ChooseVolume(marked, 0.01 * pixel);
  if (!chosen) return frames;
  std::vector<Frame> volume;
  for (const std::size_t slice : chosen->slices) volume.push_back(frames[slice]);
  const bool by_component = std::ranges::count(chosen->by, Mark::kComponent) > 0;
  if (by_component) {
    warnings.push_back({"MAGNITUDE_TAKEN",
                        "it holds several components, such as magnitude and phase; the first of "
                        "magnitude, phase, real and imaginary part was taken"});
  }
  if (chosen->by.size() > (by_component ? 1 : 0)) {
    warnings.push_back({"FURTHER_VOLUMES",
                        "it holds several volumes, such as points in time or echoes; the first was "
                        "taken"});
  }
  return volume;
}

OrRejection<SliceValues> FramePixels::ReadFile(const DicomHeader& header) const {
  OrRejection<SliceValues> read = ReadDicomPixels(header.path, bits_);
  const auto* picture = std::get_if<SliceValues>(&read);
  if (picture != nullptr &&
      static_cast<std::int64_t>(picture->values.size()) != header.rows * header.columns) {
    return Rejection{"UNREADABLE", "its slices changed while they were read"};
  }
  return read;
}

OrRejection<SliceValues> FramePixels::Read(const Frame& frame) {
  const DicomHeader& header = series_[frame.file];
  if (!frame.tile) return ReadFile(header);
  if (frame.file != file_) {
    OrRejection<SliceValues> picture = ReadFile(header);
    if (auto* rejection = std::get_if<Rejection>(&picture)) return std::move(*rejection);
    picture_ = std::get<SliceValues>(std::move(picture));
    file_ = frame.file;
  }
  return CutTile(picture_, header.columns, frame.geometry, *frame.tile);
}

}  // namespace gvsl::data_loader
