#include "data_loader/nifti_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "data_loader/gantry_tilt.h"
#include "data_loader/geometry.h"
#include "data_loader/nifti_file.h"
#include "data_loader/volume_check.h"

namespace gvsl::data_loader {
namespace {

constexpr double kRightAngle = 0.02;  // cosine of what still counts as one

std::array<std::int64_t, 3> SizeOf(const NiftiHeader& header) {
  return {header.size[2], header.size[1], header.size[0]};
}

Rejection CheckHeader(const NiftiHeader& header) {
  if (header.has_components()) {
    return {"FOUR_DIMENSIONAL", "its voxels are vectors or matrices, no grey values"};
  }
  if (std::any_of(header.size.begin(), header.size.begin() + 3, [](auto n) { return n < 2; })) {
    return {"NOT_A_VOLUME", "it is a single slice, row or voxel; a volume has at least 2 each way"};
  }
  return CheckGrid(SizeOf(header), header.to_ras);
}

OrRejection<NiftiHeader> ReadCheckedHeader(const std::string& path) {
  OrRejection<NiftiHeader> header = ReadNiftiHeader(path);
  if (const auto* read = std::get_if<NiftiHeader>(&header)) {
    if (Rejection rejection = CheckHeader(*read); !rejection.code.empty()) return rejection;
  }
  return header;
}

std::vector<Rejection> WarningsOf(const NiftiHeader& header) {
  std::vector<Rejection> warnings;
  if (header.frame == NiftiFrame::kPixelSizesOnly) {
    warnings.push_back(
        {"ORIENTATION_ASSUMED", "its header has no orientation; taken as RAS, as its voxels lie"});
  }
  if (header.is_complex()) {
    warnings.push_back(
        {"MAGNITUDE_TAKEN", "its voxels are complex numbers; their magnitude was taken"});
  }
  if (header.has_further_volumes()) {
    warnings.push_back({"FURTHER_VOLUMES",
                        "it holds several volumes, such as points in time or echoes; the first "
                        "was taken"});
  }
  return warnings;
}

// The cosine between two axes.
double Between(const Affine& to_ras, int a, int b) {
  const Vector3 first = Column(to_ras, a), second = Column(to_ras, b);
  return Dot(first, second) / (Length(first) * Length(second));
}

// Of a plausible matrix. A network knows right angles alone.
OrRejection<RawVolume> WithRightAngles(RawVolume volume) {
  if (std::abs(Between(volume.to_ras, 0, 1)) > kRightAngle) {
    return Rejection{"SHEARED_GRID",
                     "its axes are not at right angles, as after an affine registration; resample "
                     "it onto a regular grid"};
  }
  const double x = Between(volume.to_ras, 2, 0), y = Between(volume.to_ras, 2, 1);
  if (std::abs(x) <= kRightAngle && std::abs(y) <= kRightAngle) return volume;
  const double beside = std::hypot(x, y);
  if (beside > std::sqrt(0.5)) {
    return Rejection{"GANTRY_TILT",
                     "its slices lie further beside each other than apart, which no gantry does; "
                     "resample it onto a regular grid"};
  }
  return Straighten(volume);
}

OrRejection<RawVolume> ReadNiftiVolume(const std::string& path) {
  OrRejection<NiftiHeader> read = ReadCheckedHeader(path);
  if (const auto* rejection = std::get_if<Rejection>(&read)) return *rejection;
  const NiftiHeader& header = std::get<NiftiHeader>(read);
  RawVolume volume;
  volume.size = SizeOf(header);
  volume.to_ras = header.to_ras;
  volume.warnings = WarningsOf(header);
  volume.voxels.reserve(static_cast<std::size_t>(header.voxels_of_one_volume()));
  const auto take = [&](std::span<const double> values) {
    for (const double value : values) {
      const bool fits = std::abs(value) <= std::numeric_limits<float>::max();
      volume.voxels.push_back(fits ? static_cast<float>(value)
                                   : std::numeric_limits<float>::infinity());
    }
  };
  if (Rejection found = ReadNiftiValues(path, take, NiftiExtent::kFirstVolume);
      !found.code.empty()) {
    return found;
  }
  if (Rejection found = CheckVoxels(volume.voxels); !found.code.empty()) return found;
  return WithRightAngles(std::move(volume));
}

// Pairs are found by either of their files.
class PairScan {
 public:
  // Whether `file` is of a pair.
  bool Add(const std::string& file, ScanResult& result) {
    const NiftiKind kind = ParseNiftiName(file).kind;
    if (kind != NiftiKind::kHeader && kind != NiftiKind::kImage) return false;
    const std::string header = kind == NiftiKind::kHeader ? file : HeaderBeside(file);
    if (header.empty() || !IsHeader(header)) return false;
    const std::string image = ImageBeside(header);
    if (kind == NiftiKind::kImage && image != file) return false;
    if (!seen_.insert(header).second) return true;
    VolumeSource source{header, {header}, NiftiSourceStem(header), ""};
    if (!image.empty()) source.files.push_back(image);
    result.sources.push_back(std::move(source));
    return true;
  }

 private:
  bool IsHeader(const std::string& header) {
    const auto found = is_header_.find(header);
    if (found != is_header_.end()) return found->second;
    return is_header_[header] = IsNiftiHeaderFile(header);
  }

  std::set<std::string> seen_;
  std::map<std::string, bool> is_header_;
};

}  // namespace

ScanResult NiftiReader::Scan(const std::vector<std::string>& files) {
  ScanResult result;
  PairScan pairs;
  for (const std::string& file : files) {
    if (const std::string stem = NiftiStem(file); !stem.empty()) {
      result.sources.push_back({file, {file}, stem});
    } else if (!pairs.Add(file, result)) {
      result.left.push_back(file);
    }
  }
  return result;
}

VolumeExtent NiftiReader::Extent(const VolumeSource& source) {
  const OrRejection<NiftiHeader> read = ReadCheckedHeader(source.path);
  const auto* header = std::get_if<NiftiHeader>(&read);
  if (header == nullptr) return {};
  const auto voxels = static_cast<std::uint64_t>(header->voxels_of_one_volume());
  return {voxels, static_cast<double>(voxels) * VoxelVolume(header->to_ras)};
}

OrRejection<RawVolume> NiftiReader::Read(const VolumeSource& source) {
  return Guarded([&] { return ReadNiftiVolume(source.path); });
}

OrRejection<LabelMap> ReadLabelMap(const std::string& path) {
  OrRejection<NiftiHeader> read = ReadCheckedHeader(path);
  if (const auto* rejection = std::get_if<Rejection>(&read)) return *rejection;
  const NiftiHeader& header = std::get<NiftiHeader>(read);
  if (header.has_further_volumes()) {
    return Rejection{"FOUR_DIMENSIONAL", "it holds several volumes; a label map is one: split it"};
  }
  LabelMap map{SizeOf(header), header.to_ras, {}};
  map.values.reserve(static_cast<std::size_t>(header.voxels_of_one_volume()));
  bool whole = true;
  const Rejection rejection = ReadNiftiValues(path, [&](std::span<const double> values) {
    for (const double value : values) {
      whole = whole && std::abs(value) <= std::numeric_limits<std::int32_t>::max() &&
              std::abs(value - std::round(value)) <= 1e-3;
      map.values.push_back(whole ? static_cast<std::int32_t>(std::lround(value)) : 0);
    }
  });
  if (!rejection.code.empty()) return rejection;
  if (!whole) {
    return Rejection{"LABEL_NOT_INTEGER", "a label map has whole numbers; this one has others"};
  }
  return map;
}

}  // namespace gvsl::data_loader
