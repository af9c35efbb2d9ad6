// From (step, slot) to cropped pairs of volumes: dataset, sample plan and crop together.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/dataset.h"
#include "data_loader/sample_plan.h"
#include "model/method.h"
#include "worker/trainer/job_plan.h"

namespace gvsl::trainer {

// What one slot computes in one step.
struct SlotBatch {
  std::vector<model::PairSample> samples;
  std::vector<std::int64_t> volumes;  // a, b by item
};

// Not thread-safe.
class SampleSource {
 public:
  // NOT_FOUND: no dataset there. FAILED_PRECONDITION: not the dataset of the job. DATA_LOSS:
  // damaged.
  static StatusOr<std::unique_ptr<SampleSource>> Open(FileSystem& files, const JobPlan& job);

  // DATA_LOSS names the damaged shard.
  StatusOr<SlotBatch> Next(std::uint64_t step, int slot);
  std::uint64_t Round(std::uint64_t step) { return plan_.RoundAt(step, 0); }

  std::int64_t volumes() const {
    return static_cast<std::int64_t>(dataset_->manifest().volumes.size());
  }
  // Volumes by slot, so that each is one slot's: whole shards, dealt in turn.
  std::vector<std::vector<std::int64_t>> VolumesBySlot(std::uint32_t slots) const;
  // (1, D, H, W): a patch from the middle of a volume. DATA_LOSS names the damaged shard.
  StatusOr<at::Tensor> MiddleCrop(std::int64_t volume);

 private:
  SampleSource(std::unique_ptr<data_loader::Dataset> dataset, data_loader::SamplePlan plan,
               const JobPlan& job);
  at::Tensor Crop(const data_loader::VolumeView& volume,
                  const std::array<std::int64_t, 3>& origin) const;

  std::unique_ptr<data_loader::Dataset> dataset_;
  data_loader::SamplePlan plan_;
  std::uint64_t seed_;
  std::uint32_t batch_;
  std::array<std::int64_t, 3> patch_;
};

}  // namespace gvsl::trainer
