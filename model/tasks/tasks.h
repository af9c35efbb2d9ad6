// The downstream tasks, one file each, which says what it computes and how it is measured.
// docs/tasks.md compares them.
#pragma once

#include <memory>

#include "model/method.h"

namespace gvsl::model {

// A task is trained as a method is. `options.task` is complete, `options.width` a multiple of 8.
std::unique_ptr<Method> MakeSegmentTask(const MethodOptions& options);
std::unique_ptr<Method> MakeClassifyTask(const MethodOptions& options);
std::unique_ptr<Method> MakeRegisterTask(const MethodOptions& options);

}  // namespace gvsl::model
