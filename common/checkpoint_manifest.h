// manifest.json of a checkpoint.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/quarantine.h"
#include "common/status.h"

namespace gvsl {

inline constexpr char kModelFile[] = "model.safetensors";
inline constexpr char kOptimizerFile[] = "optimizer.safetensors";
inline constexpr char kManifestFile[] = "manifest.json";

struct CheckpointFile {
  std::uint64_t bytes = 0;
  std::string sha256;
};

struct CheckpointManifest {
  std::uint32_t format_version = 1;
  std::string job_uid;
  std::string job_name;
  std::uint64_t step = 0;
  std::uint64_t seed = 0;
  std::string task = "pretrain";
  std::string method;
  std::uint32_t width = 0;
  std::uint32_t classes = 0;            // that a network tells apart; 0 where it tells none
  std::array<std::int64_t, 3> patch{};  // voxels z, y, x that it saw at once; zeros: not written
  // How its volumes were made from scans, so that another scan can be: the window (ct, mr, minmax,
  // "LO,HI"; empty where they differ) and the spacing (z, y, x, mm; zeros where they differ).
  std::string window;
  std::array<double, 3> spacing{};
  std::string numerics = "strict";  // reference: computed in the released code's geometry
  std::uint64_t best_step = 0;      // of a downstream task, as far as it was known; 0: none
  std::uint32_t slots = 0;
  std::uint32_t batch_per_slot = 0;
  std::uint32_t threads = 0;
  std::string dataset_sha256;
  std::string numeric_class;
  std::string version;
  std::string lineage_sha256;  // hash chain over all (step, slot, samples) up to step
  Quarantine quarantine;       // as of `step`, that of the step to come included
  std::string time;            // RFC 3339 UTC
  std::map<std::string, CheckpointFile> files;
  // SHA-256 of model.safetensors, which depends on the weights alone.
  std::string WeightsSha256() const;
  std::uint64_t TotalBytes() const;
};

// Whether a checkpoint has a file of this name beside its manifest.
bool IsCheckpointDataFile(std::string_view name);

std::string ToJson(const CheckpointManifest& manifest);
// DATA_LOSS: not a manifest, or one that names other files than a checkpoint has.
// FAILED_PRECONDITION: of a later format.
StatusOr<CheckpointManifest> ParseCheckpointManifest(std::string_view json);

}  // namespace gvsl
