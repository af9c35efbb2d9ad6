#include "data_loader/dicom_volume.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/dicom_frames.h"
#include "data_loader/even_slices.h"
#include "data_loader/gantry_tilt.h"
#include "data_loader/object_kind.h"
#include "data_loader/series_assembly.h"
#include "data_loader/volume_check.h"
#include "data_loader/volume_limits.h"

namespace gvsl::data_loader {
namespace {

using Place = std::optional<std::array<double, 3>>;
using Identity = std::tuple<std::string, std::size_t, Place>;

Identity IdentityOf(const DicomHeader& header) {
  const DicomFrame& first = header.frames.front();
  return {header.instance_uid, first.index, first.position};
}

void Add(const SliceValues& pixels, Sha256& hash) {
  const auto& values = pixels.values;
  hash.Update({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

// The same for files of the same pixels.
OrRejection<std::string> PixelHash(const DicomHeader& header) {
  Sha256 hash;
  if (header.pixels) {
    std::vector<std::uint16_t> words;
    const auto pixels = ReadNativePixels(header.path, *header.pixels, Bits::kAll, words);
    if (const auto* rejection = std::get_if<Rejection>(&pixels)) return *rejection;
    Add(std::get<SliceValues>(pixels), hash);
    return hash.HexDigest();
  }
  OrRejection<std::unique_ptr<DicomPixels>> opened = DicomPixels::Open(header.path);
  if (auto* rejection = std::get_if<Rejection>(&opened)) return std::move(*rejection);
  for (const DicomFrame& frame : header.frames) {
    OrRejection<SliceValues> pixels = std::get<0>(opened)->Read(frame.index, Bits::kAll);
    if (auto* rejection = std::get_if<Rejection>(&pixels)) return std::move(*rejection);
    Add(std::get<SliceValues>(pixels), hash);
  }
  return hash.HexDigest();
}

// A copy of a file has its identity, its place and its pixels. Where anything else has the same
// identity, such as an empty one, both are kept.
OrRejection<Series> WithoutCopies(const Series& series) {
  std::map<Identity, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < series.size(); ++i) alike[IdentityOf(series[i])].push_back(i);
  std::set<std::size_t> copies;
  for (const auto& [identity, places] : alike) {
    if (places.size() == 1) continue;
    std::set<std::string> seen;
    for (const std::size_t place : places) {
      const OrRejection<std::string> hash = PixelHash(series[place]);
      if (const auto* rejection = std::get_if<Rejection>(&hash)) return *rejection;
      if (!seen.insert(std::get<std::string>(hash)).second) copies.insert(place);
    }
  }
  Series result;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!copies.contains(i)) result.push_back(series[i]);
  }
  return result;
}

// Where there is anything else.
Series OnlySlices(const Series& series) {
  Series result;
  std::ranges::copy_if(series, std::back_inserter(result),
                       [](const DicomHeader& header) { return !IsNoSlice(header.problem.code); });
  return result.empty() ? series : result;
}

// One for each kind of file that was left out.
void WarnOfOthers(const Series& files, std::vector<Rejection>& warnings) {
  std::map<std::string, int> others;
  for (const DicomHeader& header : files) {
    if (IsNoSlice(header.problem.code)) ++others[header.problem.code];
  }
  for (const auto& [code, count] : others) {
    warnings.push_back(
        {code, Concat(count, " of its files are no slices of a volume and are left out of it")});
  }
}

// Before a pixel is decoded: what headers claim.
Rejection CheckClaims(const Series& series) {
  std::set<Place> places;
  std::array<std::int64_t, 3> size = {};
  double bytes = 0;
  for (const DicomHeader& header : series) {
    std::error_code error;
    const std::uintmax_t of_file = std::filesystem::file_size(header.path, error);
    if (!error) bytes += static_cast<double>(of_file);
    for (const DicomFrame& frame : header.frames) places.insert(frame.position);
    size = {static_cast<std::int64_t>(places.size()), std::max(size[1], header.rows),
            std::max(size[2], header.columns)};
  }
  Rejection found = CheckGrid(size, {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}});
  if (!found.code.empty()) return found;
  const std::int64_t voxels = size[0] * size[1] * size[2];
  if (voxels > kVoxelsOfAnyBytes &&
      static_cast<double>(voxels) > bytes * static_cast<double>(kMostVoxelsPerByte)) {
    return {"TOO_LARGE", Concat("its headers claim ", voxels,
                                " voxels, for which its files are far too short; export it again")};
  }
  return {};
}

Rejection ProblemOf(const Series& series) {
  for (const DicomHeader& header : series) {
    if (!header.problem.code.empty()) return header.problem;
  }
  for (const DicomHeader& header : series) {
    if (!std::ranges::all_of(header.frames, &DicomFrame::IsPlaced)) {
      return {"NO_GEOMETRY",
              "a slice has no valid position, orientation or pixel spacing: it cannot be placed"};
    }
  }
  return {};
}

// Into its place, once a slice has shown that pixels are there. Slices that come one after the
// other need no room that is made zero first.
void Put(const SliceValues& slice, std::size_t place, std::size_t slices, RawVolume& volume) {
  const std::size_t pixels = slice.values.size();
  volume.voxels.reserve(pixels * slices);
  if (volume.voxels.size() == place * pixels) {
    volume.voxels.insert(volume.voxels.end(), slice.values.begin(), slice.values.end());
  } else {
    volume.voxels.resize(pixels * slices);
    std::copy(slice.values.begin(), slice.values.end(), volume.voxels.begin() + place * pixels);
  }
  if (slice.padding.empty()) return;
  volume.padding.resize(pixels * slices);
  std::copy(slice.padding.begin(), slice.padding.end(), volume.padding.begin() + place * pixels);
}

// From the first to the last in space where no file has several; else file by file, so that each is
// opened once.
std::vector<std::size_t> ReadingOrder(const std::vector<Frame>& frames,
                                      const std::vector<std::size_t>& order) {
  if (std::ranges::all_of(frames, [](const Frame& frame) { return frame.part == 0; })) return order;
  std::vector<std::size_t> as_filed(frames.size());
  std::iota(as_filed.begin(), as_filed.end(), std::size_t{0});
  return as_filed;
}

// What the pixels say of their header, all slices together.
OrRejection<Contradictions> ReadVoxels(FramePixels source, const std::vector<Frame>& frames,
                                       const std::vector<std::size_t>& order, RawVolume& volume) {
  std::vector<std::size_t> place_of(order.size());
  for (std::size_t place = 0; place < order.size(); ++place) place_of[order[place]] = place;
  Contradictions found;
  volume.voxels.clear();
  volume.padding.clear();
  for (const std::size_t i : ReadingOrder(frames, order)) {
    OrRejection<SliceValues> pixels = source.Read(frames[i]);
    if (auto* rejection = std::get_if<Rejection>(&pixels)) return std::move(*rejection);
    const auto& slice = std::get<SliceValues>(pixels);
    Put(slice, place_of[i], frames.size(), volume);
    found.Add(slice.contradictions);
  }
  return found;
}

// A header that lies about its bits does so for all slices, so that all are read alike.
Rejection ReadConsistently(const Series& series, const std::vector<Frame>& frames,
                           const std::vector<std::size_t>& order, RawVolume& volume) {
  auto read = ReadVoxels({series, Bits::kStored}, frames, order, volume);
  if (auto* rejection = std::get_if<Rejection>(&read)) return std::move(*rejection);
  const auto found = std::get<Contradictions>(read);
  if (found.is_rescaled && found.lacks_rescale) {
    return {"INVALID_RESCALE",
            "some of its slices have a rescale slope or intercept, others none; export it again"};
  }
  if (found.overflows && found.has_bare_signs) {
    return {"UNSUPPORTED_PIXELS",
            "some of its numbers have more bits than its header says, others a sign where its "
            "header says; export it again"};
  }
  if (found.overflows) {
    read = ReadVoxels({series, Bits::kAll}, frames, order, volume);
    if (auto* rejection = std::get_if<Rejection>(&read)) return std::move(*rejection);
  }
  if (found.overflows || found.sign_differs) {
    volume.warnings.push_back({"HEADER_CONTRADICTS_PIXELS",
                               "its header has other bits or another sign than its pixels, which "
                               "were followed; look at it"});
  }
  return {};
}

}  // namespace

OrRejection<RawVolume> ReadDicomVolume(const Series& files) {
  const Series all = OnlySlices(files);
  if (Rejection found = ProblemOf(all); !found.code.empty()) return found;
  if (Rejection found = CheckClaims(all); !found.code.empty()) return found;
  OrRejection<Series> distinct = WithoutCopies(all);
  if (const auto* rejection = std::get_if<Rejection>(&distinct)) return *rejection;
  const Series& series = std::get<Series>(distinct);
  OrRejection<std::vector<Frame>> cut = FramesOf(series);
  if (const auto* rejection = std::get_if<Rejection>(&cut)) return *rejection;
  RawVolume volume;
  const std::vector<Frame> frames =
      OneVolumeOf(series, std::get<std::vector<Frame>>(cut), volume.warnings);
  std::vector<SliceGeometry> slices;
  for (const Frame& frame : frames) slices.push_back(frame.geometry);
  OrRejection<SliceStack> assembled = AssembleSlices(slices);
  if (const auto* rejection = std::get_if<Rejection>(&assembled)) return *rejection;
  const SliceStack& stack = std::get<SliceStack>(assembled);
  if (Rejection found = CheckGrid(stack.size, stack.to_ras); !found.code.empty()) return found;

  volume.size = stack.size;
  volume.to_ras = stack.to_ras;
  volume.modality = series.front().modality;
  volume.subject_key = "patient " + Sha256Hex(series.front().patient);
  if (all.size() < files.size()) WarnOfOthers(files, volume.warnings);
  if (series.size() < all.size()) {
    volume.warnings.push_back({"COPIES_LEFT_OUT", Concat(all.size() - series.size(),
                                                         " of its files are copies of others")});
  }
  if (Rejection found = ReadConsistently(series, frames, stack.order, volume);
      !found.code.empty()) {
    return found;
  }
  volume.is_finite = true;  // CheckFormat has seen to it
  if (stack.is_tilted) return Straighten(volume);
  if (!stack.uneven_places.empty()) return SpaceEvenly(volume, stack.uneven_places);
  return volume;
}

}  // namespace gvsl::data_loader
