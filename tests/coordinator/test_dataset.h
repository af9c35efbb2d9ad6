// A dataset's manifest for tests: nobody reads its shards.
#pragma once

#include <string>

#include "common/file_system.h"
#include "data_loader/dataset_manifest.h"

namespace gvsl::coordinator {

inline data_loader::DatasetManifest TestManifest(std::uint32_t subjects) {
  data_loader::DatasetManifest manifest;
  data_loader::ShardEntry shard;
  shard.file = "shard-00000.safetensors";
  shard.sha256 = std::string(64, 'a');
  shard.bytes = 1000;
  for (std::uint32_t i = 0; i < subjects; ++i) {
    data_loader::VolumeEntry volume;
    volume.id = "v" + std::to_string(i);
    volume.subject = i;
    volume.grid.size = {8 + i, 16, 12};
    volume.grid.spacing = {1, 1, 1};
    volume.grid.to_ras = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};
    volume.modality = "MR";
    volume.window = "mr";
    volume.window_range = {0, 1};
    volume.sha256 = std::string(64, 'b');
    volume.source = "s" + std::to_string(i);
    manifest.volumes.push_back(volume);
    shard.volumes.push_back(i);
  }
  manifest.shards.push_back(shard);
  manifest.sha256 = data_loader::DatasetSha256(manifest);
  return manifest;
}

inline Status WriteTestDataset(FileSystem& files, const std::string& directory,
                               std::uint32_t subjects) {
  GVSL_RETURN_IF_ERROR(files.CreateDirectories(directory));
  return WriteFileDurably(files, JoinPath(directory, "manifest.json"),
                          data_loader::ToJson(TestManifest(subjects)));
}

}  // namespace gvsl::coordinator
