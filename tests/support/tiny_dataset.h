// Small datasets that tests make themselves, without any image file: smooth blobs that differ by
// volume, with a label each.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "common/text.h"
#include "data_loader/dataset_writer.h"

namespace gvsl::testing {

// One volume: two Gaussian blobs, placed by `number`; label 1 and 2 inside them. Its class is 0 or
// 1, in turn.
inline data_loader::NewVolume BlobVolume(std::uint32_t number, std::array<std::int64_t, 3> size) {
  data_loader::NewVolume volume;
  volume.grid.size = size;
  volume.grid.spacing = {1, 1, 1};
  volume.grid.to_ras = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};
  volume.modality = "MR";
  volume.window = "mr";
  volume.window_range = {0, 1};
  volume.subject_key = Concat("subject ", number);
  volume.source = Concat("source ", number);
  volume.class_index = static_cast<std::int32_t>(number % 2);
  volume.labels.emplace();
  const double shift = 0.05 * std::sin(1.7 * number);
  for (std::int64_t z = 0; z < size[0]; ++z) {
    for (std::int64_t y = 0; y < size[1]; ++y) {
      for (std::int64_t x = 0; x < size[2]; ++x) {
        const double u = (z + 0.5) / static_cast<double>(size[0]);
        const double v = (y + 0.5) / static_cast<double>(size[1]);
        const double w = (x + 0.5) / static_cast<double>(size[2]);
        const auto blob = [&](double cu, double cv, double cw, double radius) {
          const double d = (u - cu) * (u - cu) + (v - cv) * (v - cv) + (w - cw) * (w - cw);
          return std::exp(-d / (radius * radius));
        };
        const double first = blob(0.4 + shift, 0.5, 0.4 - shift, 0.25 + 0.01 * (number % 5));
        const double second = blob(0.65, 0.5 + shift, 0.65 + shift, 0.15);
        volume.voxels.push_back(static_cast<float>(0.7 * first + 0.3 * second));
        volume.labels->push_back(second > 0.5 ? 2 : first > 0.5 ? 1 : 0);
      }
    }
  }
  return volume;
}

// Writes `count` blob volumes of as many subjects as a dataset at `directory`. `contrast` is
// a factor to all voxels.
inline StatusOr<data_loader::DatasetManifest> WriteTinyDataset(
    FileSystem& files, const std::string& directory, std::uint32_t count,
    std::array<std::int64_t, 3> size, std::uint32_t volumes_per_shard, bool labelled = true,
    float contrast = 1) {
  GVSL_ASSIGN_OR_RETURN(auto writer, data_loader::DatasetWriter::Create(files, directory));
  for (std::uint32_t number = 0; number < count; ++number) {
    data_loader::NewVolume volume = BlobVolume(number, size);
    if (!labelled) volume.labels.reset();
    for (float& voxel : volume.voxels) voxel *= contrast;
    GVSL_RETURN_IF_ERROR(writer->Add(volume));
  }
  GVSL_ASSIGN_OR_RETURN(auto layout, writer->Arrange(volumes_per_shard));
  GVSL_RETURN_IF_ERROR(writer->Publish(layout.manifest, {}));
  return layout.manifest;
}

}  // namespace gvsl::testing
