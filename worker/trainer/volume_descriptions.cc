#include "worker/trainer/volume_descriptions.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <vector>

namespace gvsl::trainer {

std::size_t MostVolumesOfASlot(const SampleSource& samples, std::uint32_t slots) {
  std::size_t most = 0;
  for (const auto& volumes : samples.VolumesBySlot(slots)) most = std::max(most, volumes.size());
  return most;
}

StatusOr<at::Tensor> DescribeVolumes(model::Method& method, SampleSource& samples,
                                     std::uint32_t slots, int slot, const StopFlag& stop,
                                     TrainerObserver& observer) {
  const std::vector<std::int64_t> volumes =
      samples.VolumesBySlot(slots)[static_cast<std::size_t>(slot)];
  at::Tensor rows =
      at::zeros({static_cast<std::int64_t>(volumes.size()), method.DescribedFloats()}, at::kFloat);
  for (std::size_t row = 0; row < volumes.size(); ++row) {
    if (stop.vote() == StopVote::kNow) return AbortedError("told to stop at once");
    observer.OnActivity(Activity::kReading);
    GVSL_ASSIGN_OR_RETURN(const at::Tensor crop, samples.MiddleCrop(volumes[row]));
    observer.OnActivity(Activity::kComputing);  // many volumes are no hang
    rows[static_cast<std::int64_t>(row)].copy_(method.Describe(crop));
  }
  return rows;
}

at::Tensor ByVolume(const at::Tensor& rows, const SampleSource& samples, std::uint32_t slots,
                    std::int64_t floats) {
  const auto volumes = samples.VolumesBySlot(slots);
  at::Tensor descriptions = at::zeros({samples.volumes(), floats}, at::kFloat);
  for (std::size_t slot = 0; slot < volumes.size(); ++slot) {
    const at::Tensor own = rows[static_cast<std::int64_t>(slot)].view({-1, floats});
    for (std::size_t row = 0; row < volumes[slot].size(); ++row) {
      descriptions[volumes[slot][row]].copy_(own[static_cast<std::int64_t>(row)]);
    }
  }
  return descriptions;
}

}  // namespace gvsl::trainer
