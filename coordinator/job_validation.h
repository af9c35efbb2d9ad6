// Completes a JobSpec with its defaults and refuses what cannot be. Pure: no disk, no clock.
#pragma once

#include <string>
#include <string_view>

#include "common/status.h"
#include "gvsl/v1/job.pb.h"

namespace gvsl::coordinator {

// As people write it: METHOD_MODELS_GENESIS is "models-genesis".
std::string WrittenName(v1::Method method);
std::string WrittenName(v1::Task task);
std::string WrittenName(v1::JobState state);  // upper case: "RUNNING"

// On success every field that has a default is set; `patch` stays empty where it was (the dataset
// decides). UNIMPLEMENTED names what a later version brings. INVALID_ARGUMENT carries one violation
// a wrong field: its path, the reason, and the nearest value that would do.
//
// `name_suffix` completes the default name "METHOD-suffix". `collective: local` joins threads of
// one process, so such a job has one worker: workers.max defaults to 1 and nothing above is
// accepted.
Status CompleteJobSpec(v1::JobSpec& spec, std::string_view name_suffix);

// workers.min and workers.max for so many slots, as ScaleJob changes them.
Status CheckWorkerRange(std::uint32_t min, std::uint32_t max, std::uint32_t slots);

}  // namespace gvsl::coordinator
