// A dataset of a manifest and one shard whose bytes are the manifest's, both of them anything.
#include "data_loader/dataset.h"

#include "common/fault_file_system.h"
#include "tests/fuzz/mended.h"
#include "tests/fuzz/parts.h"

namespace gvsl::fuzz {
namespace {

using nlohmann::json;

void NameShard(json& manifest, std::string_view shard) {
  const auto shards = manifest.find("shards");
  if (shards == manifest.end() || !shards->is_array() || shards->empty()) return;
  json& first = shards->front();
  if (!first.is_object()) return;
  first["file"] = "shard";
  first["bytes"] = shard.size();
  first["sha256"] = Sha256Hex(shard);
}

}  // namespace

int RunDataset(Bytes bytes) {
  const auto parts = PartsOf(bytes);
  auto manifest = ObjectIn(parts.front());
  if (!manifest) return 0;
  NameShard(*manifest, parts.back());
  const auto text = Mended(*std::move(manifest));
  if (!text) return 0;
  FaultFileSystem files;
  const bool written = files.CreateDirectories("/set").ok() &&
                       WriteFileDurably(files, "/set/manifest.json", *text).ok() &&
                       WriteFileDurably(files, "/set/shard", parts.back()).ok();
  Demand(written, "the file system in memory failed");
  const auto dataset = data_loader::Dataset::Open(files, "/set");
  if (!dataset.ok()) return 0;
  for (std::uint32_t i = 0; i < (*dataset)->manifest().volumes.size(); ++i) {
    const auto volume = (*dataset)->Volume(i);
    if (!volume.ok()) continue;
    const auto voxels =
        static_cast<std::size_t>(volume->size[0] * volume->size[1] * volume->size[2]);
    Demand(volume->voxels.size() == voxels, "an image of another size");
    Demand(!volume->labels || volume->labels->size() == voxels, "labels of another size");
  }
  return 0;
}

}  // namespace gvsl::fuzz
