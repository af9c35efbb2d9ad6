// The jobs that a comparison is made of. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/status.h"
#include "gvsl/v1/comparison.pb.h"

namespace gvsl::cli {

// Where in the table a job's result belongs.
struct Cell {
  v1::Method method = v1::METHOD_UNSPECIFIED;
  std::string task;  // the column's name
  v1::Evaluation evaluation = v1::EVALUATION_UNSPECIFIED;
  std::uint64_t seed = 0;
};

struct PlannedJob {
  v1::JobSpec spec;                  // named
  std::optional<Cell> cell;          // absent: it pre-trains
  std::optional<std::size_t> after;  // the job that it begins with, earlier in the list
  // The same for the same job of the same comparison, so that a comparison that is begun again
  // finds its jobs.
  std::string request_id;
};

// Pre-training first, each method's tasks behind it. Every job has the same values but for what its
// place says: name, method, task, seed, frozen, what it begins with, where its checkpoints lie.
// INVALID_ARGUMENT with all that is missing or does not belong where it stands.
StatusOr<std::vector<PlannedJob>> PlanComparison(const v1::ComparisonSpec& spec);

// "gvsl-no-affine", "linear": as they are written.
std::string WrittenMethod(v1::Method method);
std::string WrittenEvaluation(v1::Evaluation evaluation);

}  // namespace gvsl::cli
