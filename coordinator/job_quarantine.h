// The shards that a job leaves out because they are damaged at their source, as its workers report
// them. Pure.
#pragma once

#include <string>
#include <vector>

#include "gvsl/v1/job.pb.h"
#include "gvsl/v1/worker_service.pb.h"

namespace gvsl::coordinator {

// Brings the job's list up to the report, of a member of its present generation: adds what is new,
// and takes away what a state beyond its step does not know. A worker that is a step behind another
// takes nothing away. Returns the new ones; `changed`: whether the list did.
std::vector<v1::QuarantinedShard> TakeQuarantine(const v1::TrainerReport& report, v1::Job& job,
                                                 bool& changed);

// Takes away the entries beyond the job's step, which will be computed again.
void CutQuarantine(v1::Job& job);

// A sentence.
std::string DescribeQuarantined(const v1::QuarantinedShard& one);
// "; 2 shards of the dataset are damaged and were left out"; empty where there are none.
std::string QuarantineSuffix(const v1::Job& job);

}  // namespace gvsl::coordinator
