// What the end of a generation means for its job: whether there is any use in another one. Pure
// (docs/adr/2026-11-25-a-worker-that-cannot-begin.md).
#pragma once

#include <cstdint>
#include <string>

#include "gvsl/v1/stored_job.pb.h"

namespace gvsl::coordinator {

// Counts the generation that just ended as fruitless, or begins to count anew where it committed a
// step that is kept: `kept_step` is the job's step while a member lives, else the newest
// checkpoint's.
// Counts once, however often it is asked. Not empty: it was one too many in a row, a sentence
// for the job's reason.
std::string CountGeneration(v1::StoredJob& job, std::uint64_t kept_step, std::uint32_t limit);

// Remembers one life of a worker that could not do its part; the last by a name counts.
void NoteUnable(const v1::UnableWorker& worker, v1::StoredJob& job);

// The members of the present gang are given another chance: what they once could not do is
// forgotten.
void ForgetUnableMembers(v1::StoredJob& job);

// Every member of the present gang is one that could not do its part.
bool AllMembersUnable(const v1::StoredJob& job);

// "worker a could not begin: why; worker b could not go on: why"
std::string DescribeUnable(const v1::StoredJob& job);

}  // namespace gvsl::coordinator
