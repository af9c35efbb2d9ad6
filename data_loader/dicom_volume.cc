#include "data_loader/dicom_volume.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/gantry_tilt.h"
#include "data_loader/series_assembly.h"
#include "data_loader/siemens_mosaic.h"
#include "data_loader/volume_check.h"

namespace gvsl::data_loader {
namespace {

using Series = std::vector<DicomHeader>;
using Identity = std::pair<std::string, std::optional<std::array<double, 3>>>;

Identity IdentityOf(const DicomHeader& header) { return {header.instance_uid, header.position}; }

// A copy of a slice has its identity, its place and its pixels. Where anything else has the same
// identity, such as an empty one, both are kept.
OrRejection<Series> WithoutCopies(const Series& series) {
  std::map<Identity, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < series.size(); ++i) alike[IdentityOf(series[i])].push_back(i);
  std::set<std::size_t> copies;
  for (const auto& [identity, places] : alike) {
    if (places.size() == 1 || !series[places[0]].problem.code.empty()) continue;
    std::set<std::vector<float>> seen;
    for (const std::size_t place : places) {
      OrRejection<SliceValues> pixels = ReadDicomPixels(series[place].path);
      if (const auto* rejection = std::get_if<Rejection>(&pixels)) return *rejection;
      if (!seen.insert(std::get<SliceValues>(std::move(pixels)).values).second)
        copies.insert(place);
    }
  }
  Series result;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!copies.contains(i)) result.push_back(series[i]);
  }
  return result;
}

Rejection ProblemOf(const Series& series) {
  for (const DicomHeader& header : series) {
    if (!header.problem.code.empty()) return header.problem;
  }
  for (const DicomHeader& header : series) {
    if (!header.position || !header.orientation || !header.pixel_spacing) {
      return {"NO_GEOMETRY",
              "a slice has no valid position, orientation or pixel spacing: it cannot be placed"};
    }
  }
  return {};
}

// A slice of the volume: a file, or a tile of one.
struct Frame {
  std::size_t file = 0;
  std::optional<std::size_t> tile;
  SliceGeometry geometry;
};

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

void Append(const SliceValues& slice, RawVolume& volume) {
  const std::size_t before = volume.voxels.size();
  volume.voxels.insert(volume.voxels.end(), slice.values.begin(), slice.values.end());
  if (slice.padding.empty() && volume.padding.empty()) return;
  volume.padding.resize(before);
  volume.padding.insert(volume.padding.end(), slice.padding.begin(), slice.padding.end());
  volume.padding.resize(volume.voxels.size());
}

// The pixels of frames, a file of several at a time.
class FramePixels {
 public:
  explicit FramePixels(const Series& series) : series_(series) {}

  OrRejection<SliceValues> Read(const Frame& frame) {
    const DicomHeader& header = series_[frame.file];
    if (!frame.tile) return ReadDicomPixels(header.path);
    if (frame.file != file_) {
      OrRejection<SliceValues> picture = ReadDicomPixels(header.path);
      if (auto* rejection = std::get_if<Rejection>(&picture)) return std::move(*rejection);
      picture_ = std::get<SliceValues>(std::move(picture));
      file_ = frame.file;
    }
    return CutTile(picture_, header.columns, frame.geometry, *frame.tile);
  }

 private:
  const Series& series_;
  std::optional<std::size_t> file_;
  SliceValues picture_;
};

// Nothing but a code where that went well.
Rejection ReadVoxels(const Series& series, const std::vector<Frame>& frames,
                     const std::vector<std::size_t>& order, RawVolume& volume) {
  FramePixels source(series);
  bool contradicted = false;
  for (const std::size_t frame : order) {
    OrRejection<SliceValues> pixels = source.Read(frames[frame]);
    if (auto* rejection = std::get_if<Rejection>(&pixels)) return std::move(*rejection);
    Append(std::get<SliceValues>(pixels), volume);
    contradicted |= std::get<SliceValues>(pixels).contradicted;
  }
  if (contradicted) {
    volume.warnings.push_back({"HEADER_CONTRADICTS_PIXELS",
                               "its header has other bits or another sign than its pixels, which "
                               "were followed; look at it"});
  }
  const auto voxels = static_cast<std::size_t>(volume.size[0] * volume.size[1] * volume.size[2]);
  if (volume.voxels.size() == voxels) return {};
  return {"UNREADABLE", "its slices changed while they were read"};
}

}  // namespace

OrRejection<RawVolume> ReadDicomVolume(const Series& all) {
  if (Rejection found = ProblemOf(all); !found.code.empty()) return found;
  OrRejection<Series> distinct = WithoutCopies(all);
  if (const auto* rejection = std::get_if<Rejection>(&distinct)) return *rejection;
  const Series& series = std::get<Series>(distinct);
  OrRejection<std::vector<Frame>> cut = FramesOf(series);
  if (const auto* rejection = std::get_if<Rejection>(&cut)) return *rejection;
  const auto& frames = std::get<std::vector<Frame>>(cut);
  std::vector<SliceGeometry> slices;
  for (const Frame& frame : frames) slices.push_back(frame.geometry);
  OrRejection<SliceStack> assembled = AssembleSlices(slices);
  if (const auto* rejection = std::get_if<Rejection>(&assembled)) return *rejection;
  const SliceStack& stack = std::get<SliceStack>(assembled);
  if (Rejection found = CheckGrid(stack.size, stack.to_ras); !found.code.empty()) return found;

  RawVolume volume;
  volume.size = stack.size;
  volume.to_ras = stack.to_ras;
  volume.modality = series.front().modality;
  volume.subject_key = "patient " + Sha256Hex(series.front().patient);
  if (series.size() < all.size()) {
    volume.warnings.push_back({"COPIES_LEFT_OUT", Concat(all.size() - series.size(),
                                                         " of its files are copies of others")});
  }
  if (Rejection found = ReadVoxels(series, frames, stack.order, volume); !found.code.empty()) {
    return found;
  }
  if (stack.is_tilted) return Straighten(volume);
  return volume;
}

}  // namespace gvsl::data_loader
