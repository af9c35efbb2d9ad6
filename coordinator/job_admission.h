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
// subjects to draw pairs of; a split or classes of a downstream task that the dataset can not
// give).
Status PinDataset(FileSystem& files, v1::Job& job);

// FAILED_PRECONDITION: a job that is not deleted writes to the directory. Pure.
Status CheckDirectoryIsFree(const v1::Job& job, const std::vector<const v1::StoredJob*>& others);

// FAILED_PRECONDITION: the directory holds another job's checkpoints. OK where this process does
// not see it; nothing is created, for it may be a mount that only workers have.
Status CheckDirectoryOwner(FileSystem& files, const v1::Job& job);

// The complete checkpoints in the job's directory as the disk has them now, ascending by step.
// FAILED_PRECONDITION: this process does not see the directory (names it and says why).
StatusOr<std::vector<v1::Checkpoint>> ReadCheckpoints(FileSystem& files, const v1::Job& job);

// Takes away every checkpoint and lineage segment of the job, and the directory if that leaves it
// empty. FAILED_PRECONDITION: they are another job's, or the job has some where this process does
// not see them.
Status RemoveCheckpoints(FileSystem& files, const v1::Job& job);

}  // namespace gvsl::coordinator
