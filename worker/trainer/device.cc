#include "worker/trainer/device.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include "model/cuda/devices.h"

namespace gvsl::trainer {
void SelectDevice(c10::Device device) {
  if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
}

void Synchronize(c10::Device device) {
  if (device.is_cpu()) return;
  const c10::impl::VirtualGuardImpl guard(device.type());
  guard.synchronizeStream(guard.getStream(device));
}

std::int64_t MemoryRefusals(c10::Device device) {
  return device.is_cpu() ? 0 : model::cuda::MemoryRefusals(device.index());
}

}  // namespace gvsl::trainer
