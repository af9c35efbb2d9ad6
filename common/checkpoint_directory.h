// The layout of a job's checkpoint directory, which the trainer writes and the coordinator reads:
//   DIR/step-000000500/{model,optimizer}.safetensors, manifest.json
//   DIR/lineage-000000000-000000500.safetensors   samples of the steps [0, 500): I64 (steps, slots,
//                                                 2*batch_per_slot), pairs a, b of volume indices
// A step directory is written aside (DIR/.step-000000500.tmp-*), synced, renamed, and DIR synced: a
// step directory that has its name is complete. Lineage segments up to the newest checkpoint tile
// [0, step) without gap or overlap.
//
// Damage and a disk that cannot be read are different things: DATA_LOSS says that the bytes are not
// those that were written; every other error says nothing about them, and is never a reason to use
// another checkpoint instead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/checkpoint_manifest.h"
#include "common/file_system.h"
#include "common/status.h"

namespace gvsl {

// Names, and what they say; parsing gives nothing for any other name.
std::string CheckpointName(std::uint64_t step);  // "step-000000500"
std::optional<std::uint64_t> ParseCheckpointName(const std::string& name);
std::string LineageName(std::uint64_t begin, std::uint64_t end);
// The steps [begin, end) of a segment's name.
std::optional<std::pair<std::uint64_t, std::uint64_t>> ParseLineageName(const std::string& name);
// A new name beside `name`, a step's or a segment's, for what is being written or removed.
std::string NewAsideName(const std::string& name);  // ".step-000000500.tmp-1f2e…"
bool IsAsideName(const std::string& name);

// Steps of the complete checkpoints in DIR, ascending; empty when DIR is not there. Any other error
// is given back: a directory that cannot be read is not empty.
StatusOr<std::vector<std::uint64_t>> ListCheckpointSteps(FileSystem& files,
                                                         const std::string& directory);
// The checkpoint that a job's directory stands for: the best, as the newest one knows it, where
// that is there; else the newest. NOT_FOUND: there is none.
StatusOr<std::uint64_t> MeantCheckpoint(FileSystem& files, const std::string& directory);
// NOT_FOUND: there is no such checkpoint. DATA_LOSS: its manifest is damaged.
StatusOr<CheckpointManifest> ReadCheckpointManifest(FileSystem& files, const std::string& directory,
                                                    std::uint64_t step);
// The same, and reads every file and compares size and hash. DATA_LOSS names the file.
StatusOr<CheckpointManifest> VerifyCheckpoint(FileSystem& files, const std::string& directory,
                                              std::uint64_t step);
// FAILED_PRECONDITION when DIR holds checkpoints of a job with another uid (names it).
Status CheckCheckpointOwner(FileSystem& files, const std::string& directory,
                            const std::string& job_uid);

// Whole or not at all, wherever it is interrupted: renamed aside first. NOT_FOUND: not there.
Status RemoveCheckpoint(FileSystem& files, const std::string& directory, std::uint64_t step);
// Takes away what is certainly the job's: its checkpoints with no file in them that a checkpoint
// does not have, lineage segments, and asides of both; and DIR, if that leaves it empty. What has
// another content, or a damaged manifest, stays. FAILED_PRECONDITION: DIR is another job's.
Status RemoveJobCheckpoints(FileSystem& files, const std::string& directory,
                            const std::string& job_uid);

}  // namespace gvsl
