// The layout of a job's checkpoint directory, which the trainer writes and the coordinator reads:
//   DIR/step-000000500/{model,optimizer}.safetensors, manifest.json
//   DIR/lineage-000000000-000000500.safetensors   samples of the steps [0, 500): I64 (steps, slots,
//                                                 2*batch_per_slot), pairs a, b of volume indices
// A step directory is written aside (DIR/.step-000000500.tmp-*), synced, renamed, and DIR synced: a
// step directory that has its name is complete. Lineage segments up to the newest checkpoint tile
// [0, step) without gap or overlap.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"

namespace gvsl {

struct CheckpointFile {
  std::uint64_t bytes = 0;
  std::string sha256;
};

// manifest.json of one checkpoint.
struct CheckpointManifest {
  std::uint32_t format_version = 1;
  std::string job_uid;
  std::string job_name;
  std::uint64_t step = 0;
  std::uint64_t seed = 0;
  std::string method;
  std::uint32_t width = 0;
  std::uint32_t slots = 0;
  std::uint32_t batch_per_slot = 0;
  std::uint32_t threads = 0;
  std::string dataset_sha256;
  std::string numeric_class;
  std::string version;
  std::string lineage_sha256;  // hash chain over all (step, slot, samples) up to step
  std::string time;            // RFC 3339 UTC
  std::map<std::string, CheckpointFile> files;
  // SHA-256 of model.safetensors, which depends on the weights alone.
  std::string WeightsSha256() const;
  std::uint64_t TotalBytes() const;
};

std::string CheckpointName(std::uint64_t step);  // "step-000000500"
std::string LineageName(std::uint64_t begin, std::uint64_t end);

std::string ToJson(const CheckpointManifest& manifest);
StatusOr<CheckpointManifest> ParseCheckpointManifest(std::string_view json);

// Steps of the complete checkpoints in DIR, ascending; empty when DIR is not there.
StatusOr<std::vector<std::uint64_t>> ListCheckpointSteps(FileSystem& files,
                                                         const std::string& directory);
StatusOr<CheckpointManifest> ReadCheckpointManifest(FileSystem& files, const std::string& directory,
                                                    std::uint64_t step);
// Reads every file and compares size and hash. DATA_LOSS names the file.
StatusOr<CheckpointManifest> VerifyCheckpoint(FileSystem& files, const std::string& directory,
                                              std::uint64_t step);
// FAILED_PRECONDITION when DIR holds checkpoints of a job with another uid (names it).
Status CheckCheckpointOwner(FileSystem& files, const std::string& directory,
                            const std::string& job_uid);

}  // namespace gvsl
