// What a job needs of the disk before it may be stored: its dataset and its checkpoint directory.
#pragma once

#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "gvsl/v1/stored_job.pb.h"

namespace gvsl::coordinator {

// Reads the dataset's manifest (never a shard), pins its hash in job.dataset_sha256 and resolves an
// empty patch to the dataset's largest size. NOT_FOUND, DATA_LOSS, or INVALID_ARGUMENT (too few
// subjects to draw pairs of).
Status PinDataset(FileSystem& files, v1::Job& job);

// FAILED_PRECONDITION: the directory holds another job's checkpoints, or a job that is not deleted
// writes there. With `create`, makes the directory where it is missing.
Status ClaimCheckpointDirectory(FileSystem& files, const v1::Job& job,
                                const std::vector<const v1::StoredJob*>& others, bool create);

// The complete checkpoints in the job's directory as the disk has them now, ascending by step.
StatusOr<std::vector<v1::Checkpoint>> ReadCheckpoints(FileSystem& files, const v1::Job& job);

}  // namespace gvsl::coordinator
