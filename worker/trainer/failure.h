// What kept a trainer from going on, and whether anybody else could have done it. Pure.
#pragma once

#include <exception>

#include "common/status.h"

namespace gvsl::trainer {

// RESOURCE_EXHAUSTED where memory was short, else INTERNAL with what LibTorch or the library said.
Status FromException(const std::exception& error);

// The cause lies with this worker's machine: its memory, what it sees of a disk, its rights there.
// Every other error comes from the data, the job or the arithmetic, which all members share.
bool IsOwnTrouble(const Status& error);

}  // namespace gvsl::trainer
