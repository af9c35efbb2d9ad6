// The device that a trainer computes on, by its name: "cpu", "cuda:0".
#pragma once

#include <c10/core/Device.h>

#include <string>

#include "common/status.h"

namespace gvsl::trainer {

// INVALID_ARGUMENT for a name that is none; NOT_FOUND, with the reason, where there is no such
// device.
StatusOr<c10::Device> FindDevice(const std::string& name);
// Returns when what was queued on the device is done; at once for the processor.
void Synchronize(c10::Device device);

}  // namespace gvsl::trainer
