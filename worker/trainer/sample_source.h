// From (step, slot) to cropped pairs of volumes, and from a survey to volumes: dataset, sample plan
// and crop together.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/file_system.h"
#include "common/quarantine.h"
#include "common/status.h"
#include "data_loader/dataset.h"
#include "data_loader/downstream.h"
#include "data_loader/sample_plan.h"
#include "data_loader/shard_prefetcher.h"
#include "model/method.h"
#include "worker/trainer/batch_ahead.h"
#include "worker/trainer/dataset_patience.h"
#include "worker/trainer/job_plan.h"
#include "worker/trainer/progress.h"
#include "worker/trainer/seen_data.h"
#include "worker/trainer/slot_batch.h"

namespace gvsl::trainer {

// How a worker reads datasets.
struct DataOptions {
  data_loader::ShardCache* cache = nullptr;            // borrowed; null: straight from the dataset
  Duration patience = std::chrono::minutes(10);        // with a dataset that is away
  std::uint64_t ahead_bytes = std::uint64_t{4} << 30;  // of shards that are obtained ahead of need
};

// What a survey sees of one volume.
struct Sight {
  model::LabelledVolume volume;
  std::optional<model::LabelledVolume> partner;
};

// Not thread-safe; it reads ahead on threads of its own.
class SampleSource {
 public:
  // NOT_FOUND: no dataset there. FAILED_PRECONDITION: not the dataset of the job. INVALID_ARGUMENT:
  // it does not suit the task. DATA_LOSS: damaged.
  static StatusOr<std::unique_ptr<SampleSource>> Open(FileSystem& files, const JobPlan& job,
                                                      const DataOptions& options = {});

  // From now on `slots` (at least one, ascending) are read ahead, and a dataset that is away is
  // waited for, as dataset_patience.h says. Without it each call reads by itself.
  void BeginGeneration(const std::vector<int>& slots, const Attendance& attendance);
  // Stops what is being read. Shards stay mapped for the next generation.
  void EndGeneration();

  // DATA_LOSS names the damaged shard.
  StatusOr<SlotBatch> Next(std::uint64_t step, int slot);
  // After DATA_LOSS from Next or Look: the damaged shard.
  std::optional<std::uint32_t> damaged_shard() const { return damaged_shard_; }
  // Reads a shard where the dataset lies, patiently. DATA_LOSS: it is damaged there, and nobody is
  // writing it.
  Status CheckAtSource(std::uint32_t shard);
  const std::string& ShardFile(std::uint32_t shard) const;
  // From now on these shards, and only these, are left out, each from its step on: volumes of
  // others stand in for theirs. FAILED_PRECONDITION: what is left does not suffice.
  Status LeaveOut(const Quarantine& quarantine);
  std::uint64_t Round(std::uint64_t step) { return plan_.RoundAt(step, 0); }

  const SeenData& seen() const { return seen_; }
  // The volumes of a part, by the shard that holds them; without shards that hold none.
  std::vector<std::vector<std::uint32_t>> ShardsOf(model::Part part) const;
  // DATA_LOSS names the damaged shard. In the place of a volume that is left out stands the next
  // that is not.
  StatusOr<Sight> Look(const model::Survey& survey, std::int64_t volume);

 private:
  using MaybeShard = std::optional<std::uint32_t>;

  SampleSource(FileSystem& files, std::unique_ptr<data_loader::Dataset> dataset,
               data_loader::Split parts, data_loader::SamplePlan plan,
               data_loader::SamplePlan plan_ahead, const JobPlan& job, const SeenData& seen,
               const DataOptions& options);
  // A thread that reads ahead, with what is left out by now.
  void ReadAhead();
  // Reads once, or patiently within a generation.
  Status Try(const std::function<Status()>& read);
  // `damaged` is the shard of a DATA_LOSS.
  StatusOr<SlotBatch> Read(data_loader::SamplePlan& plan, std::uint64_t step, int slot,
                           const std::stop_token& stop, MaybeShard& damaged) const;
  StatusOr<data_loader::VolumeView> Volume(std::uint32_t index, const std::stop_token& stop,
                                           MaybeShard& damaged) const;
  // By the thread that reads ahead: the shards that `slots` need from the step on.
  void WantShards(std::uint64_t step, const std::vector<int>& slots);
  StatusOr<Sight> LookOnce(const model::Survey& survey, std::int64_t volume);
  // Its shard, or the one that stands in, stays mapped while the next few are looked at.
  StatusOr<data_loader::VolumeView> LookAt(model::Part part, std::int64_t volume);
  // `volume`, or the next of the part, in turn, that is not left out.
  std::uint32_t StandIn(model::Part part, std::int64_t volume) const;
  const std::vector<std::uint32_t>& VolumesOf(model::Part part) const;
  StatusOr<model::PairSample> Single(const data_loader::VolumePair& pair,
                                     const model::SampleKey& key, const std::stop_token& stop,
                                     MaybeShard& damaged) const;
  StatusOr<model::PairSample> Pair(const data_loader::VolumePair& pair, const model::SampleKey& key,
                                   const std::stop_token& stop, MaybeShard& damaged) const;
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

  FileSystem& files_;
  std::unique_ptr<data_loader::Dataset> dataset_;
  data_loader::Split parts_;
  data_loader::SamplePlan plan_;
  std::uint64_t seed_;
  std::uint32_t batch_;
  TaskPlan task_;
  SeenData seen_;
  std::uint64_t steps_;
  const DataOptions options_;
  DataUse use_;
  std::deque<data_loader::SharedShard> looked_;
  MaybeShard damaged_shard_;
  std::vector<std::uint32_t> left_out_;  // shards
  std::optional<Attendance> attendance_;
  std::vector<int> slots_;  // read ahead
  // Of the thread that reads ahead, while it does.
  data_loader::SamplePlan plan_ahead_;
  MaybeShard damaged_ahead_;
  std::vector<std::uint32_t> plan_shards_;  // the dataset's number of each shard of the plan
  std::unique_ptr<data_loader::ShardPrefetcher> shards_;
  std::unique_ptr<BatchAhead> batches_;  // ends first
};

// With their files' names, for people.
std::vector<LeftOutShard> NamedShards(const Quarantine& quarantine, const SampleSource& samples);

}  // namespace gvsl::trainer
