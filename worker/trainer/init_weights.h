// What a job begins with, where that is another network's weights.
#pragma once

#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "model/parameters.h"
#include "worker/trainer/job_plan.h"
#include "worker/trainer/train_state.h"

namespace gvsl::trainer {

// Fills the weights that job.init_checkpoint has, at step 0. All of the encoder must be there; a
// decoder that is not there as a whole, and heads that are not there or have another shape, stay
// seeded: `notices` says so. NOT_FOUND, DATA_LOSS, FAILED_PRECONDITION (another width, no encoder)
// name the field and the path.
Status LoadInitWeights(FileSystem& files, const JobPlan& job, TrainState& state,
                       std::vector<std::string>& notices);

}  // namespace gvsl::trainer
