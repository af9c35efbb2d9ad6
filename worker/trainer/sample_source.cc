#include "worker/trainer/sample_source.h"

#include <ATen/ops/empty.h>

#include <utility>

#include "common/text.h"
#include "data_loader/crop.h"

namespace gvsl::trainer {
namespace {

data_loader::SamplePlanInput PlanInput(const data_loader::DatasetManifest& manifest,
                                       const JobPlan& job) {
  data_loader::SamplePlanInput input;
  input.seed = job.seed;
  input.slots = job.slots;
  input.batch_per_slot = job.batch_per_slot;
  for (const auto& shard : manifest.shards) input.shards.push_back(shard.volumes);
  for (const auto& volume : manifest.volumes) input.subjects.push_back(volume.subject);
  return input;
}

}  // namespace

StatusOr<std::unique_ptr<SampleSource>> SampleSource::Open(FileSystem& files, const JobPlan& job) {
  auto dataset = data_loader::Dataset::Open(files, job.dataset);
  if (!dataset.ok()) return dataset.status().WithContext("this worker cannot read the dataset");
  const data_loader::DatasetManifest& manifest = (*dataset)->manifest();
  if (manifest.sha256 != job.dataset_sha256) {
    return FailedPreconditionError(Concat("the dataset at ", job.dataset, " is ", manifest.sha256,
                                          " on this worker; the job was submitted with ",
                                          job.dataset_sha256));
  }
  GVSL_ASSIGN_OR_RETURN(auto plan, data_loader::SamplePlan::Create(PlanInput(manifest, job)));
  return std::unique_ptr<SampleSource>(new SampleSource(*std::move(dataset), std::move(plan), job));
}

SampleSource::SampleSource(std::unique_ptr<data_loader::Dataset> dataset,
                           data_loader::SamplePlan plan, const JobPlan& job)
    : dataset_(std::move(dataset)),
      plan_(std::move(plan)),
      seed_(job.seed),
      batch_(job.batch_per_slot),
      patch_(job.patch[0] > 0 ? job.patch : dataset_->manifest().LargestSize()) {}

StatusOr<SlotBatch> SampleSource::Next(std::uint64_t step, int slot) {
  const auto slot_number = static_cast<std::uint32_t>(slot);
  SlotBatch batch;
  for (std::uint32_t item = 0; item < batch_; ++item) {
    const data_loader::VolumePair pair = plan_.At(step, slot_number, item);
    GVSL_ASSIGN_OR_RETURN(const auto a, dataset_->Volume(pair.a));
    GVSL_ASSIGN_OR_RETURN(const auto b, dataset_->Volume(pair.b));
    const auto crop = data_loader::DrawCrop(seed_, step, slot_number, item, a.size, b.size, patch_);
    batch.samples.push_back(
        {Crop(a, crop.a), Crop(b, crop.b), {seed_, step, slot_number, item}, pair.a});
    batch.volumes.insert(batch.volumes.end(), {pair.a, pair.b});
  }
  return batch;
}

std::vector<std::vector<std::int64_t>> SampleSource::VolumesBySlot(std::uint32_t slots) const {
  std::vector<std::vector<std::int64_t>> volumes(slots);
  for (std::size_t shard = 0; shard < dataset_->manifest().shards.size(); ++shard) {
    const auto& own = dataset_->manifest().shards[shard].volumes;
    auto& list = volumes[shard % slots];
    list.insert(list.end(), own.begin(), own.end());
  }
  return volumes;
}

StatusOr<at::Tensor> SampleSource::MiddleCrop(std::int64_t volume) {
  GVSL_ASSIGN_OR_RETURN(const auto view, dataset_->Volume(static_cast<std::uint32_t>(volume)));
  std::array<std::int64_t, 3> origin{};
  for (int axis = 0; axis < 3; ++axis) {
    origin[axis] = std::max<std::int64_t>(0, view.size[axis] - patch_[axis]) / 2;
  }
  return Crop(view, origin);
}

at::Tensor SampleSource::Crop(const data_loader::VolumeView& volume,
                              const std::array<std::int64_t, 3>& origin) const {
  at::Tensor crop = at::empty({1, patch_[0], patch_[1], patch_[2]}, at::kFloat);
  data_loader::CopyCrop(volume, origin, patch_,
                        {crop.data_ptr<float>(), static_cast<std::size_t>(crop.numel())});
  return crop;
}

}  // namespace gvsl::trainer
