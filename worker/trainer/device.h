// The device that a trainer computes on, by its name: "cpu", "cuda:0".
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

#include "model/device.h"

namespace gvsl::trainer {

using model::FindDevice;
// What the calling thread computes from now on is computed there, if its tensors lie there.
void SelectDevice(c10::Device device);
// Returns when what was queued on the calling thread's stream of the device is done; at once for
// the processor. What a collective has queued on a stream of its own is not waited for: it may
// hang.
void Synchronize(c10::Device device);
// How often the device's memory was refused although LibTorch had freed what it could; 0 for the
// processor. Some operators then go another way, to other bits.
std::int64_t MemoryRefusals(c10::Device device);

}  // namespace gvsl::trainer
