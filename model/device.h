// The device that a program computes on, by its name: "cpu", "cuda:0".
#pragma once

#include <c10/core/Device.h>

#include <string>

#include "common/status.h"

namespace gvsl::model {

// INVALID_ARGUMENT for a name that is none; NOT_FOUND, with the reason, where there is no such
// device.
StatusOr<c10::Device> FindDevice(const std::string& name);

}  // namespace gvsl::model
