// What is in a dataset: DIR/manifest.json, in memory. docs/formats.md has the grammar. The manifest
// names no source and no patient.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/intensity_histogram.h"

namespace gvsl::data_loader {

inline constexpr const char* kManifestName = "manifest.json";
std::string ShardName(std::size_t shard);  // its file beside the manifest

// A regular grid; axes in the order z, y, x as in memory (x fastest), RAS orientation: x to the
// right, y to anterior, z to superior.
struct Grid {
  std::array<std::int64_t, 3> size{};  // voxels
  std::array<double, 3> spacing{};     // mm
  // Rows of the 3x4 matrix from voxel (x, y, z) to RAS mm, as NIfTI's sform.
  std::array<std::array<double, 4>, 3> to_ras{};
};

// Voxels from `begin` to before `end`; z, y, x.
struct VoxelBox {
  std::array<std::int64_t, 3> begin{};
  std::array<std::int64_t, 3> end{};
  bool operator==(const VoxelBox&) const = default;
};

// Where a volume lies in the one that it was cut out of; z, y, x.
struct CutOut {
  std::array<std::int64_t, 3> first{};  // its first voxel there
  std::array<std::int64_t, 3> whole{};  // the other's size
};

struct VolumeEntry {
  std::string id;  // from the voxels and the grid
  std::uint32_t shard = 0;
  std::uint32_t subject = 0;  // numbered by first appearance in volume order
  Grid grid;
  std::string modality;                  // CT, MR or OT
  std::string window;                    // ct, mr, minmax or "LO,HI"
  std::array<double, 2> window_range{};  // intensities mapped to 0 and 1
  std::optional<CutOut> cut;             // where it was cropped to the body
  std::string sha256;                    // of the image's voxels
  std::optional<std::string> label_sha256;
  // Voxels by label value; follows from the labels, so that the dataset's hash does not cover it.
  // Empty without labels, where an earlier version wrote the manifest, and where there are more
  // than 65536 values, which are no classes.
  std::map<std::int32_t, std::uint64_t> label_voxels;
  // Follows from the voxels, so that the dataset's hash does not cover it. Nothing where an earlier
  // version wrote the manifest.
  std::optional<IntensityHistogram> histogram;
  std::optional<std::int32_t> class_index;
  std::string source;  // keyed hash
};

struct ShardEntry {
  std::string file;
  std::string sha256;
  std::uint64_t bytes = 0;
  std::vector<std::uint32_t> volumes;  // indices into DatasetManifest::volumes
};

struct DatasetManifest {
  std::uint32_t format_version = 1;
  std::string sha256;  // DatasetSha256
  // Of the dataset whose volumes and shards are the first of this one; empty where it has none.
  std::string prepared;  // how, as ToText(PrepareOptions) says it; empty: not known
  std::string parent_sha256;
  std::vector<VolumeEntry> volumes;
  std::vector<ShardEntry> shards;
  std::map<std::string, std::string> files;  // further files by name: their SHA-256

  std::array<std::int64_t, 3> LargestSize() const;  // by axis
};

// The dataset's own hash: over voxels, grids, labels, subjects, classes and the cut into shards,
// never over sources, the key that names them, or the parent. Equal inputs give equal hashes,
// wherever they lay.
std::string DatasetSha256(const DatasetManifest& manifest);

// One volume or shard as it stands in manifest.json. Reading throws what nlohmann-json throws.
nlohmann::json ToJsonObject(const VolumeEntry& volume);
nlohmann::json ToJsonObject(const ShardEntry& shard);
VolumeEntry VolumeFromJson(const nlohmann::json& json);
ShardEntry ShardFromJson(const nlohmann::json& json);

// manifest.json; carries a hash of the whole text, so that any change is noticed.
std::string ToJson(const DatasetManifest& manifest);
StatusOr<DatasetManifest> ParseManifest(std::string_view json);

// NOT_FOUND: no dataset there. DATA_LOSS: damaged (its own hash does not hold, or a value is
// absurd).
StatusOr<DatasetManifest> ReadManifest(FileSystem& files, const std::string& directory);

}  // namespace gvsl::data_loader
