// Looking at the weights that a job starts from, before it is stored.
#pragma once

#include "common/file_system.h"
#include "common/status.h"
#include "gvsl/v1/job.pb.h"

namespace gvsl::coordinator {

// init.checkpoint is a checkpoint (DIR/step-000000123), a directory of them, a .safetensors file or
// one of torch.save (.pth, .pt). Of a directory, the one that is meant now (MeantCheckpoint) takes
// its place in the spec, so that a job that begins twice begins with the same. OK where this
// process does not see it: it may be a mount that only workers have. NOT_FOUND: its directory is
// seen and it is not in there. INVALID_ARGUMENT: no weights, or a network of another width than the
// job's. DATA_LOSS: damaged.
Status CheckInit(FileSystem& files, v1::JobSpec& spec);

}  // namespace gvsl::coordinator
