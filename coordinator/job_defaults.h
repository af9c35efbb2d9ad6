// What a field of a JobSpec is when nobody set it (proto/gvsl/v1/job.proto).
#pragma once

#include <string_view>

#include "gvsl/v1/job.pb.h"

namespace gvsl::coordinator {

// `name_suffix` completes the default name "METHOD-suffix". `patch` stays empty: the dataset
// decides.
void SetDefaults(v1::JobSpec& spec, std::string_view name_suffix);

}  // namespace gvsl::coordinator
