// From (step, slot) to cropped pairs of volumes, and from a survey to volumes: dataset, sample plan
// and crop together.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/dataset.h"
#include "data_loader/downstream.h"
#include "data_loader/sample_plan.h"
#include "model/method.h"
#include "worker/trainer/job_plan.h"
#include "worker/trainer/seen_data.h"

namespace gvsl::trainer {

// What one slot computes in one step.
struct SlotBatch {
  std::vector<model::PairSample> samples;
  std::vector<std::int64_t> volumes;  // a, b by item
};

// What a survey sees of one volume.
struct Sight {
  model::LabelledVolume volume;
  std::optional<model::LabelledVolume> partner;
};

// Not thread-safe.
class SampleSource {
 public:
  // NOT_FOUND: no dataset there. FAILED_PRECONDITION: not the dataset of the job. INVALID_ARGUMENT:
  // it does not suit the task. DATA_LOSS: damaged.
  static StatusOr<std::unique_ptr<SampleSource>> Open(FileSystem& files, const JobPlan& job);

  // DATA_LOSS names the damaged shard.
  StatusOr<SlotBatch> Next(std::uint64_t step, int slot);
  std::uint64_t Round(std::uint64_t step) { return plan_.RoundAt(step, 0); }

  const SeenData& seen() const { return seen_; }
  // The volumes of a part, by the shard that holds them; without shards that hold none.
  std::vector<std::vector<std::uint32_t>> ShardsOf(model::Part part) const;
  // DATA_LOSS names the damaged shard.
  StatusOr<Sight> Look(const model::Survey& survey, std::int64_t volume);

 private:
  SampleSource(std::unique_ptr<data_loader::Dataset> dataset, data_loader::Split parts,
               data_loader::SamplePlan plan, const JobPlan& job, const SeenData& seen);
  const std::vector<std::uint32_t>& VolumesOf(model::Part part) const;
  StatusOr<model::PairSample> Single(const data_loader::VolumePair& pair,
                                     const model::SampleKey& key);
  StatusOr<model::PairSample> Pair(const data_loader::VolumePair& pair,
                                   const model::SampleKey& key);
  at::Tensor Crop(const data_loader::VolumeView& volume, const std::array<std::int64_t, 3>& origin,
                  const std::array<std::int64_t, 3>& patch) const;
  at::Tensor Classes(const data_loader::VolumeView& volume,
                     const std::array<std::int64_t, 3>& origin,
                     const std::array<std::int64_t, 3>& patch) const;
  // With zeros beyond its end, up to `extent`.
  model::LabelledVolume Labelled(std::int64_t volume, const data_loader::VolumeView& view,
                                 const std::array<std::int64_t, 3>& extent) const;
  // The next of the part that is another subject's.
  std::int64_t PartnerOf(model::Part part, std::int64_t volume) const;

  std::unique_ptr<data_loader::Dataset> dataset_;
  data_loader::Split parts_;
  data_loader::SamplePlan plan_;
  std::uint64_t seed_;
  std::uint32_t batch_;
  TaskPlan task_;
  SeenData seen_;
};

}  // namespace gvsl::trainer
