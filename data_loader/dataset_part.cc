#include "data_loader/dataset_part.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "common/safetensors.h"
#include "common/sha256.h"
#include "data_loader/intensity_histogram.h"
#include "data_loader/manifest_check.h"

namespace gvsl::data_loader {
namespace {

template <typename T>
std::string_view Bytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

constexpr std::size_t kMostLabelValues = 65536;

// Empty beyond so many values.
std::map<std::int32_t, std::uint64_t> CountLabels(const std::vector<std::int32_t>& labels) {
  std::map<std::int32_t, std::uint64_t> voxels;
  for (auto begin = labels.begin(); begin != labels.end();) {
    const auto end = std::find_if(begin, labels.end(), [&](auto value) { return value != *begin; });
    voxels[*begin] += static_cast<std::uint64_t>(end - begin);
    if (voxels.size() > kMostLabelValues) return {};
    begin = end;
  }
  return voxels;
}

Status CheckSizes(const NewVolume& volume) {
  const auto& size = volume.grid.size;
  const auto voxels = static_cast<std::size_t>(size[0] * size[1] * size[2]);
  if (voxels == 0 || volume.voxels.size() != voxels ||
      (volume.labels && volume.labels->size() != voxels)) {
    return InvalidArgumentError("voxels or labels do not fill the grid");
  }
  return OkStatus();
}

}  // namespace

std::string ContentId(const Grid& grid, const std::string& voxels_sha256) {
  const nlohmann::json json = {grid.size, grid.spacing, grid.to_ras, voxels_sha256};
  return Sha256Hex(json.dump()).substr(0, 16);
}

StatusOr<DatasetPart> WritePart(FileSystem& files, const NewVolume& volume,
                                const std::string& file) {
  DatasetPart part;
  part.entry.grid = volume.grid;
  part.entry.modality = volume.modality;
  part.entry.window = volume.window;
  part.entry.window_range = volume.window_range;
  part.entry.cut = volume.cut;
  part.entry.class_index = volume.class_index;
  part.entry.source = volume.source;
  if (const std::string reason = Absurdity(part.entry); !reason.empty()) {
    return InvalidArgumentError(reason);
  }
  GVSL_RETURN_IF_ERROR(CheckSizes(volume));
  part.entry.sha256 = Sha256Hex(Bytes(volume.voxels));
  part.entry.histogram = CountIntensities(volume.voxels);
  part.entry.id = ContentId(volume.grid, part.entry.sha256);
  part.subject_key = volume.subject_key;
  part.file = file;

  const std::vector<std::int64_t> shape(volume.grid.size.begin(), volume.grid.size.end());
  std::map<std::string, TensorView> tensors = {
      {"image", {DType::kF32, shape, Bytes(volume.voxels)}}};
  if (volume.labels) {
    part.entry.label_sha256 = Sha256Hex(Bytes(*volume.labels));
    part.entry.label_voxels = CountLabels(*volume.labels);
    tensors["label"] = {DType::kI32, shape, Bytes(*volume.labels)};
  }
  GVSL_ASSIGN_OR_RETURN(const WrittenFile written, WriteSafetensors(files, file, tensors));
  part.bytes = written.bytes;
  part.sha256 = written.sha256;
  return part;
}

}  // namespace gvsl::data_loader
