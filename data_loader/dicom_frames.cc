#include "data_loader/dicom_frames.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "data_loader/series_split.h"
#include "data_loader/siemens_mosaic.h"
#include "data_loader/volume_limits.h"

namespace gvsl::data_loader {

SliceGeometry GeometryOf(const DicomHeader& header, const DicomFrame& frame) {
  return {*frame.position, *frame.orientation, *frame.pixel_spacing, header.rows, header.columns};
}

OrRejection<std::vector<Frame>> FramesOf(const Series& series) {
  std::vector<Frame> frames;
  for (std::size_t file = 0; file < series.size(); ++file) {
    const DicomHeader& header = series[file];
    if (!header.mosaic) {
      for (std::size_t part = 0; part < header.frames.size(); ++part) {
        frames.push_back({file, part, GeometryOf(header, header.frames[part])});
      }
      continue;
    }
    const std::vector<SliceGeometry> tiles =
        TilesOf(GeometryOf(header, header.frames.front()), *header.mosaic);
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

// What the file says of it; of all tiles of a mosaic together.
const DicomFrame& SaidOf(const DicomHeader& header, const Frame& frame) {
  return header.frames[header.mosaic ? 0 : frame.part];
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
    const DicomHeader& header = series[frame.file];
    MarkedSlice slice{frame.geometry.position, SaidOf(header, frame).marks};
    if (header.mosaic || header.frames.size() > 1) {
      slice.marks[static_cast<std::size_t>(Mark::kFile)] = ranks[frame.file];
    }
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

OrRejection<SliceValues> FramePixels::ReadPart(const Frame& frame) {
  const DicomHeader& header = series_[frame.file];
  OrRejection<SliceValues> read = header.pixels
                                      ? ReadNativePixels(header.path, *header.pixels, bits_, words_)
                                      : pixels_->Read(SaidOf(header, frame).index, bits_);
  const auto* picture = std::get_if<SliceValues>(&read);
  if (picture != nullptr &&
      static_cast<std::int64_t>(picture->values.size()) != header.rows * header.columns) {
    return Rejection{"UNREADABLE", "its slices changed while they were read"};
  }
  return read;
}

Rejection FramePixels::Open(std::size_t file) {
  pixels_ = nullptr;
  if (!series_[file].pixels) {
    OrRejection<std::unique_ptr<DicomPixels>> opened = DicomPixels::Open(series_[file].path);
    if (auto* rejection = std::get_if<Rejection>(&opened)) return std::move(*rejection);
    pixels_ = std::get<0>(std::move(opened));
  }
  picture_ = {};
  file_ = file;
  return {};
}

OrRejection<SliceValues> FramePixels::Read(const Frame& frame) {
  if (frame.file != file_) {
    if (Rejection found = Open(frame.file); !found.code.empty()) return found;
  }
  const DicomHeader& header = series_[frame.file];
  if (!header.mosaic) return ReadPart(frame);
  if (picture_.values.empty()) {
    OrRejection<SliceValues> picture = ReadPart(frame);
    if (auto* rejection = std::get_if<Rejection>(&picture)) return std::move(*rejection);
    picture_ = std::get<SliceValues>(std::move(picture));
  }
  return CutTile(picture_, header.columns, frame.geometry, frame.part);
}

}  // namespace gvsl::data_loader
