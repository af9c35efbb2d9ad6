// What came out of a job, and how well it does so far. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/render/job_json.h"
#include "gvsl/v1/job.pb.h"

namespace gvsl::cli {

// [{"shard": …, "step": …}]: what the job leaves out.
Json QuarantineToJson(const v1::Job& job);

// Of pre-training {"losses": {…}, "quarantine": […]}, empty before it has succeeded. Of other tasks
// the scores, "dsc.2" as {"dsc": {"2": …}}, with "curve": [{"step": …, "dsc": …}] and "best_step",
// null before the first evaluation.
Json ResultToJson(const v1::Job& job);

// "shard-00003.safetensors from step 120 on, …"; empty where nothing is left out.
std::string QuarantineText(const v1::Job& job);

// Scores of the whole and the best of the curve, as lines "name: value".
std::vector<std::pair<std::string, std::string>> ResultFacts(const v1::Job& job);
// Scores by class, a column each; empty without any.
std::string ResultTable(const v1::Job& job);

}  // namespace gvsl::cli
