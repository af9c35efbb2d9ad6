#include "data_loader/nifti_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data_loader/nifti_file.h"
#include "data_loader/volume_check.h"

namespace gvsl::data_loader {
namespace {

std::array<std::int64_t, 3> SizeOf(const NiftiHeader& header) {
  return {header.size[2], header.size[1], header.size[0]};
}

// Of a checked header.
std::size_t VoxelsOf(const NiftiHeader& header) {
  return static_cast<std::size_t>(header.size[0] * header.size[1] * header.size[2]);
}

Rejection CheckHeader(const NiftiHeader& header) {
  if (std::any_of(header.size.begin() + 3, header.size.end(), [](auto n) { return n > 1; })) {
    return {"FOUR_DIMENSIONAL", "it holds several volumes (time or vectors); split it first"};
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

// All values of a file whose header was checked, scaled, one by one.
template <typename Take>
Rejection ReadScaled(const std::string& path, const NiftiHeader& header, const Take& take) {
  const double slope = header.slope == 0 ? 1 : header.slope;
  const double intercept = header.slope == 0 ? 0 : header.intercept;
  return ReadNiftiValues(path, [&](std::span<const double> values) {
    for (double value : values) take(value * slope + intercept);
  });
}

}  // namespace

ScanResult NiftiReader::Scan(const std::vector<std::string>& files) {
  ScanResult result;
  for (const std::string& file : files) {
    const std::string stem = NiftiStem(file);
    if (stem.empty()) {
      result.left.push_back(file);
    } else {
      result.sources.push_back({file, {file}, stem});
    }
  }
  return result;
}

OrRejection<RawVolume> NiftiReader::Read(const VolumeSource& source) {
  OrRejection<NiftiHeader> read = ReadCheckedHeader(source.path);
  if (const auto* rejection = std::get_if<Rejection>(&read)) return *rejection;
  const NiftiHeader& header = std::get<NiftiHeader>(read);
  RawVolume volume;
  volume.size = SizeOf(header);
  volume.to_ras = header.to_ras;
  volume.voxels.reserve(VoxelsOf(header));
  const Rejection rejection = ReadScaled(source.path, header, [&](double value) {
    const bool fits = std::abs(value) <= std::numeric_limits<float>::max();
    volume.voxels.push_back(fits ? static_cast<float>(value)
                                 : std::numeric_limits<float>::infinity());
  });
  if (!rejection.code.empty()) return rejection;
  if (Rejection found = CheckVoxels(volume.voxels); !found.code.empty()) return found;
  if (header.frame == NiftiFrame::kPixelSizesOnly) {
    volume.warnings.push_back(
        {"ORIENTATION_ASSUMED", "its header has no orientation; taken as RAS, as its voxels lie"});
  }
  return volume;
}

OrRejection<LabelMap> ReadLabelMap(const std::string& path) {
  OrRejection<NiftiHeader> read = ReadCheckedHeader(path);
  if (const auto* rejection = std::get_if<Rejection>(&read)) return *rejection;
  const NiftiHeader& header = std::get<NiftiHeader>(read);
  LabelMap map{SizeOf(header), header.to_ras, {}};
  map.values.reserve(VoxelsOf(header));
  bool whole = true;
  const Rejection rejection = ReadScaled(path, header, [&](double value) {
    whole = whole && std::abs(value) <= std::numeric_limits<std::int32_t>::max() &&
            std::abs(value - std::round(value)) <= 1e-3;
    map.values.push_back(whole ? static_cast<std::int32_t>(std::lround(value)) : 0);
  });
  if (!rejection.code.empty()) return rejection;
  if (!whole) {
    return Rejection{"LABEL_NOT_INTEGER", "a label map has whole numbers; this one has others"};
  }
  return map;
}

}  // namespace gvsl::data_loader
