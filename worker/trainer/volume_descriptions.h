// What a method learns of all volumes (model::Method::Describe): each volume is
// described by one slot, and the descriptions travel in the slots' rows (slot_exchange.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>

#include "common/status.h"
#include "model/method.h"
#include "worker/trainer/progress.h"
#include "worker/trainer/sample_source.h"
#include "worker/trainer/stop_flag.h"

namespace gvsl::trainer {

std::size_t MostVolumesOfASlot(const SampleSource& samples, std::uint32_t slots);

// (volumes of the slot, DescribedFloats()), on the CPU. ABORTED: stopped at once. DATA_LOSS names
// the damaged shard.
StatusOr<at::Tensor> DescribeVolumes(model::Method& method, SampleSource& samples,
                                     std::uint32_t slots, int slot, const StopFlag& stop,
                                     TrainerObserver& observer);

// Rows by slot (slots, MostVolumesOfASlot * floats) -> (volumes, floats).
at::Tensor ByVolume(const at::Tensor& rows, const SampleSource& samples, std::uint32_t slots,
                    std::int64_t floats);

}  // namespace gvsl::trainer
