#include "data_loader/nifti_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/text.h"
#include "data_loader/geometry.h"
#include "data_loader/nifti_file.h"

namespace gvsl::data_loader {
namespace {

struct ScaledVolume {
  std::array<std::int64_t, 3> size{};
  NiftiHeader header;
  std::vector<double> values;
};

Rejection CheckHeader(const NiftiHeader& header) {
  if (std::any_of(header.size.begin() + 3, header.size.end(), [](auto n) { return n > 1; })) {
    return {"FOUR_DIMENSIONAL", "it holds several volumes (time or vectors); split it first"};
  }
  if (std::any_of(header.size.begin(), header.size.begin() + 3, [](auto n) { return n < 2; })) {
    return {"NOT_A_VOLUME", "it is a single slice, row or voxel; a volume has at least 2 each way"};
  }
  if (!IsInvertible(header.to_ras)) {
    return {"INVALID_GEOMETRY", "its matrix from voxels to mm is singular or not finite"};
  }
  return {};
}

OrRejection<ScaledVolume> ReadScaled(const std::string& path) {
  OrRejection<NiftiHeader> header = ReadNiftiHeader(path);
  if (const auto* rejection = std::get_if<Rejection>(&header)) return *rejection;
  ScaledVolume volume;
  volume.header = std::get<NiftiHeader>(header);
  if (Rejection rejection = CheckHeader(volume.header); !rejection.code.empty()) return rejection;
  OrRejection<std::vector<double>> values = ReadNiftiValues(path);
  if (const auto* rejection = std::get_if<Rejection>(&values)) return *rejection;
  volume.values = std::get<std::vector<double>>(std::move(values));
  volume.size = {volume.header.size[2], volume.header.size[1], volume.header.size[0]};
  if (const double slope = volume.header.slope; slope != 0) {
    for (double& value : volume.values) value = value * slope + volume.header.intercept;
  }
  return volume;
}

Rejection CheckFinite(const std::vector<double>& values) {
  const auto bad = std::count_if(values.begin(), values.end(), [](double value) {
    return !std::isfinite(value) || std::abs(value) > std::numeric_limits<float>::max();
  });
  if (bad == 0) return {};
  return {"NON_FINITE", Concat(bad, " voxels are not finite numbers; replace them and try again")};
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
  OrRejection<ScaledVolume> read = ReadScaled(source.path);
  if (const auto* rejection = std::get_if<Rejection>(&read)) return *rejection;
  const ScaledVolume& scaled = std::get<ScaledVolume>(read);
  if (Rejection rejection = CheckFinite(scaled.values); !rejection.code.empty()) return rejection;
  RawVolume volume;
  volume.size = scaled.size;
  volume.to_ras = scaled.header.to_ras;
  volume.voxels.assign(scaled.values.begin(), scaled.values.end());
  volume.subject_key = "stem " + source.stem;
  if (scaled.header.frame == NiftiFrame::kPixelSizesOnly) {
    volume.warnings.push_back(
        {"ORIENTATION_ASSUMED", "its header has no orientation; taken as RAS, as its voxels lie"});
  }
  return volume;
}

OrRejection<LabelMap> ReadLabelMap(const std::string& path) {
  OrRejection<ScaledVolume> read = ReadScaled(path);
  if (const auto* rejection = std::get_if<Rejection>(&read)) return *rejection;
  const ScaledVolume& scaled = std::get<ScaledVolume>(read);
  LabelMap map{scaled.size, scaled.header.to_ras, {}};
  map.values.reserve(scaled.values.size());
  for (double value : scaled.values) {
    if (!(std::abs(value) <= std::numeric_limits<std::int32_t>::max()) ||
        std::abs(value - std::round(value)) > 1e-3) {
      return Rejection{"LABEL_NOT_INTEGER", "a label map has whole numbers; this one has others"};
    }
    map.values.push_back(static_cast<std::int32_t>(std::lround(value)));
  }
  return map;
}

}  // namespace gvsl::data_loader
