// What a task and a method ask of the rest of a job (docs/tasks.md, docs/methods.md). Pure.
#pragma once

#include "coordinator/violations.h"
#include "gvsl/v1/job.pb.h"

namespace gvsl::coordinator {

// Segment, classify or register: trains on a part of the dataset and is measured on others.
bool IsDownstream(v1::Task task);

void CheckTask(const v1::JobSpec& spec, Violations& wrong);

}  // namespace gvsl::coordinator
