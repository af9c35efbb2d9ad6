#include "worker/trainer/sample_source.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "common/text.h"
#include "data_loader/crop.h"
#include "data_loader/verified_file.h"

namespace gvsl::trainer {
namespace {

using data_loader::DatasetManifest;
using Extent = std::array<std::int64_t, 3>;

constexpr std::size_t kShardsAheadOfSlot = 4;
constexpr std::size_t kLookedShards = 3;  // a volume's, its partner's, and the one before

std::vector<std::vector<std::uint32_t>> ShardsWith(const DatasetManifest& manifest,
                                                   const std::vector<std::uint32_t>& volumes) {
  std::vector<std::vector<std::uint32_t>> shards;
  for (const auto& shard : manifest.shards) {
    std::vector<std::uint32_t> own;
    for (const std::uint32_t volume : shard.volumes) {
      if (std::ranges::binary_search(volumes, volume)) own.push_back(volume);
    }
    if (!own.empty()) shards.push_back(std::move(own));
  }
  return shards;
}

data_loader::SamplePlanInput PlanInput(const DatasetManifest& manifest,
                                       const std::vector<std::uint32_t>& volumes,
                                       const JobPlan& job) {
  data_loader::SamplePlanInput input;
  input.seed = job.seed;
  input.slots = job.slots;
  input.batch_per_slot = job.batch_per_slot;
  input.shards = ShardsWith(manifest, volumes);
  for (const auto& volume : manifest.volumes) input.subjects.push_back(volume.subject);
  input.pairs = job.task.task.empty() || job.task.task == "register";
  return input;
}

data_loader::Truth TruthOf(const std::string& task) {
  if (task == "segment") return data_loader::Truth::kLabels;
  return task == "classify" ? data_loader::Truth::kClass : data_loader::Truth::kNone;
}

StatusOr<data_loader::Downstream> PlanOf(const DatasetManifest& manifest, const JobPlan& job) {
  if (!job.task.task.empty()) {
    return data_loader::PlanDownstream(
        manifest, {TruthOf(job.task.task), job.task.split, job.task.labels, job.seed});
  }
  data_loader::Downstream whole;
  whole.split.train.resize(manifest.volumes.size());
  std::iota(whole.split.train.begin(), whole.split.train.end(), 0u);
  return whole;
}

// After reading from it: a disk that fails behind the mapping gives zeros (MappingGuard).
Status CheckIntact(const data_loader::VolumeView& view) {
  if (view.shard->intact()) return OkStatus();
  return UnavailableError("a shard that is in use cannot be read any more");
}

SeenData SeenBy(const JobPlan& job, const DatasetManifest& manifest,
                const data_loader::Downstream& plan) {
  SeenData seen;
  seen.volumes = static_cast<std::int64_t>(plan.split.train.size());
  seen.classes = plan.classes;
  seen.tested = !plan.split.test.empty();
  seen.patch = job.patch[0] > 0 ? job.patch : manifest.LargestSize();
  const data_loader::VolumeEntry& first = manifest.volumes.front();
  const auto alike = [&](const auto& of) {
    return std::ranges::all_of(manifest.volumes,
                               [&](const auto& volume) { return of(volume) == of(first); });
  };
  if (alike([](const auto& volume) { return volume.window; })) seen.window = first.window;
  if (alike([](const auto& volume) { return volume.grid.spacing; })) {
    seen.spacing = first.grid.spacing;
  }
  return seen;
}

}  // namespace

StatusOr<std::unique_ptr<SampleSource>> SampleSource::Open(FileSystem& files, const JobPlan& job,
                                                           const DataOptions& options) {
  auto dataset = data_loader::Dataset::Open(files, job.dataset,
                                            {.cache = options.cache, .keep_shards = false});
  if (!dataset.ok()) return dataset.status().WithContext("this worker cannot read the dataset");
  const DatasetManifest& manifest = (*dataset)->manifest();
  if (manifest.sha256 != job.dataset_sha256) {
    return FailedPreconditionError(Concat("the dataset at ", job.dataset, " is ", manifest.sha256,
                                          " on this worker; the job was submitted with ",
                                          job.dataset_sha256));
  }
  GVSL_ASSIGN_OR_RETURN(data_loader::Downstream parts, PlanOf(manifest, job));
  const data_loader::SamplePlanInput input = PlanInput(manifest, parts.split.train, job);
  GVSL_ASSIGN_OR_RETURN(auto plan, data_loader::SamplePlan::Create(input));
  GVSL_ASSIGN_OR_RETURN(auto plan_ahead, data_loader::SamplePlan::Create(input));
  const SeenData seen = SeenBy(job, manifest, parts);
  return std::unique_ptr<SampleSource>(new SampleSource(files, *std::move(dataset),
                                                        std::move(parts.split), std::move(plan),
                                                        std::move(plan_ahead), job, seen, options));
}

SampleSource::SampleSource(FileSystem& files, std::unique_ptr<data_loader::Dataset> dataset,
                           data_loader::Split parts, data_loader::SamplePlan plan,
                           data_loader::SamplePlan plan_ahead, const JobPlan& job,
                           const SeenData& seen, const DataOptions& options)
    : files_(files),
      dataset_(std::move(dataset)),
      parts_(std::move(parts)),
      plan_(std::move(plan)),
      seed_(job.seed),
      batch_(job.batch_per_slot),
      task_(job.task),
      seen_(seen),
      steps_(job.steps),
      options_(options),
      plan_ahead_(std::move(plan_ahead)) {
  const DatasetManifest& manifest = dataset_->manifest();
  for (const auto& volumes : ShardsWith(manifest, parts_.train)) {
    plan_shards_.push_back(manifest.volumes[volumes.front()].shard);
  }
}

void SampleSource::BeginGeneration(const std::vector<int>& slots, const Attendance& attendance) {
  EndGeneration();
  attendance_.emplace(attendance);
  if (shards_ == nullptr) {
    shards_ =
        std::make_unique<data_loader::ShardPrefetcher>(dataset_->shards(), options_.ahead_bytes);
  }
  slots_ = slots;
  ReadAhead();
}

void SampleSource::ReadAhead() {
  shards_->Forgive();
  const auto read = [this](std::uint64_t step, int slot, const std::stop_token& stop) {
    WantShards(step, slots_);
    return Read(plan_ahead_, step, slot, stop, damaged_ahead_);
  };
  batches_ = std::make_unique<BatchAhead>(slots_, steps_, read);
}

void SampleSource::EndGeneration() {
  batches_.reset();
  attendance_.reset();
  use_.away = false;
}

void SampleSource::WantShards(std::uint64_t step, const std::vector<int>& slots) {
  std::vector<data_loader::ShardNeed> needs;
  for (const int slot : slots) {
    const auto own =
        plan_ahead_.NeedsFrom(step, static_cast<std::uint32_t>(slot), kShardsAheadOfSlot);
    needs.insert(needs.end(), own.begin(), own.end());
  }
  std::ranges::stable_sort(needs, {}, &data_loader::ShardNeed::step);
  std::vector<std::uint32_t> wanted;
  std::size_t now = 0;
  for (const data_loader::ShardNeed& need : needs) {
    const std::uint32_t shard = plan_shards_[need.shard];
    if (std::ranges::find(wanted, shard) == wanted.end()) wanted.push_back(shard);
    if (need.step <= step) now = wanted.size();
  }
  shards_->Want(std::move(wanted), now);
}

Status SampleSource::Try(const std::function<Status()>& read) {
  if (!attendance_) return read();
  return ReadPatiently(read, *attendance_, options_.patience, use_);
}

StatusOr<SlotBatch> SampleSource::Next(std::uint64_t step, int slot) {
  if (!attendance_) return Read(plan_, step, slot, {}, damaged_shard_);
  const TimePoint begin = attendance_->clock.Now();
  StatusOr<SlotBatch> batch = UnavailableError("");
  GVSL_RETURN_IF_ERROR(Try([&] {
    batch =
        batches_->Take(step, slot, [this] { return attendance_->stop.vote() != StopVote::kNow; });
    // After an error nothing more is read, and this is its shard.
    if (batch.status().code() == StatusCode::kDataLoss) damaged_shard_ = damaged_ahead_;
    return batch.status();
  }));
  use_.wait_seconds += ToSeconds(attendance_->clock.Now() - begin);
  if (options_.cache != nullptr) use_.cache = options_.cache->counts();
  attendance_->observer.OnData(use_);
  return batch;
}

StatusOr<SlotBatch> SampleSource::Read(data_loader::SamplePlan& plan, std::uint64_t step, int slot,
                                       const std::stop_token& stop, MaybeShard& damaged) const {
  const auto slot_number = static_cast<std::uint32_t>(slot);
  const bool single = task_.task == "segment" || task_.task == "classify";
  SlotBatch batch;
  for (std::uint32_t item = 0; item < batch_; ++item) {
    const data_loader::VolumePair pair = plan.At(step, slot_number, item);
    const model::SampleKey key = {seed_, step, slot_number, item};
    GVSL_ASSIGN_OR_RETURN(model::PairSample sample, single ? Single(pair, key, stop, damaged)
                                                           : Pair(pair, key, stop, damaged));
    batch.samples.push_back(std::move(sample));
    batch.volumes.insert(batch.volumes.end(), {pair.a, pair.b});
  }
  return batch;
}

StatusOr<data_loader::VolumeView> SampleSource::Volume(std::uint32_t index,
                                                       const std::stop_token& stop,
                                                       MaybeShard& damaged) const {
  auto view = dataset_->Volume(index, stop);
  damaged.reset();
  if (view.status().code() == StatusCode::kDataLoss) {
    damaged = dataset_->manifest().volumes[index].shard;
  }
  return view;
}

Status SampleSource::CheckAtSource(std::uint32_t shard) {
  const data_loader::ShardEntry& entry = dataset_->manifest().shards[shard];
  const auto goes_on = [this](std::string_view) {
    const bool stops = attendance_ && attendance_->stop.vote() == StopVote::kNow;
    return stops ? AbortedError("told to stop at once") : OkStatus();
  };
  const std::string path = dataset_->shards().PathOf(shard);
  const auto read = [&] {
    return data_loader::SourceError(
        data_loader::ReadVerified(files_, path, {entry.sha256, entry.bytes}, {}, goes_on));
  };
  const auto age = [&] {
    const auto bytes = files_.FileSize(path);
    const auto changed = files_.UsedAt(path);
    return FileAge{bytes.ok() ? *bytes : 0, changed.ok() ? *changed : 0};
  };
  const Status checked =
      Try([&] { return attendance_ ? ReadSettled(read, age, *attendance_) : read(); });
  if (checked.ok() && shards_ != nullptr) shards_->Forgive();
  return checked;
}

const std::string& SampleSource::ShardFile(std::uint32_t shard) const {
  return dataset_->manifest().shards[shard].file;
}

Status SampleSource::LeaveOut(const Quarantine& quarantine) {
  const DatasetManifest& manifest = dataset_->manifest();
  std::vector<std::uint64_t> since(manifest.volumes.size(), data_loader::SamplePlan::kNever);
  std::vector<std::uint32_t> shards;
  for (const QuarantinedShard& one : quarantine) {
    if (one.shard >= manifest.shards.size()) {
      return InternalError(Concat("the quarantine names shard ", one.shard, "; the dataset has ",
                                  manifest.shards.size()));
    }
    for (const std::uint32_t volume : manifest.shards[one.shard].volumes) since[volume] = one.step;
    shards.push_back(one.shard);
  }
  batches_.reset();  // what was read ahead is read anew
  Status left = plan_ahead_.LeaveOut(since);
  if (left.ok()) left = plan_.LeaveOut(std::move(since));
  if (quarantine.size() > kMostQuarantined) left = FailedPreconditionError("too little is left");
  if (left.ok()) left_out_ = std::move(shards);
  if (attendance_) ReadAhead();
  if (left.ok()) return left;
  return FailedPreconditionError(
      Concat("of the dataset ", left.message(), ": ", quarantine.size(), " of its ",
             manifest.shards.size(), " shards are damaged at their source, the last is ",
             ShardFile(quarantine.back().shard), "; repair or restore them, and resume the job"));
}

std::uint32_t SampleSource::StandIn(model::Part part, std::int64_t volume) const {
  const auto& volumes = VolumesOf(part);
  const auto& entries = dataset_->manifest().volumes;
  auto at = std::ranges::find(volumes, static_cast<std::uint32_t>(volume)) - volumes.begin();
  const auto size = static_cast<std::ptrdiff_t>(volumes.size());
  const auto left_out = [&](std::uint32_t one) {
    return std::ranges::count(left_out_, entries[one].shard) > 0;
  };
  while (left_out(volumes[static_cast<std::size_t>(at)])) at = (at + 1) % size;
  return volumes[static_cast<std::size_t>(at)];
}

StatusOr<model::PairSample> SampleSource::Pair(const data_loader::VolumePair& pair,
                                               const model::SampleKey& key,
                                               const std::stop_token& stop,
                                               MaybeShard& damaged) const {
  GVSL_ASSIGN_OR_RETURN(const auto a, Volume(pair.a, stop, damaged));
  GVSL_ASSIGN_OR_RETURN(const auto b, Volume(pair.b, stop, damaged));
  const auto crop =
      data_loader::DrawCrop(key.seed, key.step, key.slot, key.item, a.size, b.size, seen_.patch);
  model::PairSample sample{Crop(a, crop.a, seen_.patch), Crop(b, crop.b, seen_.patch), key, pair.a,
                           crop.a};
  GVSL_RETURN_IF_ERROR(CheckIntact(a));
  GVSL_RETURN_IF_ERROR(CheckIntact(b));
  return sample;
}

StatusOr<model::PairSample> SampleSource::Single(const data_loader::VolumePair& pair,
                                                 const model::SampleKey& key,
                                                 const std::stop_token& stop,
                                                 MaybeShard& damaged) const {
  GVSL_ASSIGN_OR_RETURN(const auto view, Volume(pair.a, stop, damaged));
  const auto crop = data_loader::DrawCrop(key.seed, key.step, key.slot, key.item, view.size,
                                          view.size, seen_.patch);
  model::PairSample sample{Crop(view, crop.a, seen_.patch), {}, key, pair.a, crop.a};
  if (task_.task == "segment") sample.labels = Classes(view, crop.a, seen_.patch);
  if (const auto label = dataset_->manifest().volumes[pair.a].class_index) {
    sample.label = data_loader::ClassOf(task_.labels, *label);
  }
  GVSL_RETURN_IF_ERROR(CheckIntact(view));
  return sample;
}

std::vector<std::vector<std::uint32_t>> SampleSource::ShardsOf(model::Part part) const {
  return ShardsWith(dataset_->manifest(), VolumesOf(part));
}

const std::vector<std::uint32_t>& SampleSource::VolumesOf(model::Part part) const {
  if (part == model::Part::kTrain) return parts_.train;
  return part == model::Part::kValidation ? parts_.validation : parts_.test;
}

StatusOr<Sight> SampleSource::Look(const model::Survey& survey, std::int64_t volume) {
  StatusOr<Sight> sight = UnavailableError("");
  GVSL_RETURN_IF_ERROR(Try([&] {
    sight = LookOnce(survey, volume);
    return sight.status();
  }));
  return sight;
}

StatusOr<data_loader::VolumeView> SampleSource::LookAt(model::Part part, std::int64_t volume) {
  GVSL_ASSIGN_OR_RETURN(auto view, Volume(StandIn(part, volume), {}, damaged_shard_));
  std::erase(looked_, view.shard);
  looked_.push_back(view.shard);
  if (looked_.size() > kLookedShards) looked_.pop_front();
  return view;
}

StatusOr<Sight> SampleSource::LookOnce(const model::Survey& survey, std::int64_t volume) {
  GVSL_ASSIGN_OR_RETURN(const auto view, LookAt(survey.part, volume));
  if (survey.view == model::Survey::View::kMiddle) {
    Extent origin{};
    for (int axis = 0; axis < 3; ++axis) {
      origin[axis] = std::max<std::int64_t>(0, view.size[axis] - seen_.patch[axis]) / 2;
    }
    Sight sight{{.voxels = Crop(view, origin, seen_.patch), .volume = volume}, std::nullopt};
    GVSL_RETURN_IF_ERROR(CheckIntact(view));
    return sight;
  }
  if (survey.view == model::Survey::View::kWhole) {
    Sight sight{Labelled(volume, view, view.size), std::nullopt};
    GVSL_RETURN_IF_ERROR(CheckIntact(view));
    return sight;
  }
  const std::int64_t partner = PartnerOf(survey.part, volume);
  GVSL_ASSIGN_OR_RETURN(const auto other, LookAt(survey.part, partner));
  Extent both{};
  for (int axis = 0; axis < 3; ++axis) both[axis] = std::max(view.size[axis], other.size[axis]);
  Sight sight{Labelled(volume, view, both), Labelled(partner, other, both)};
  GVSL_RETURN_IF_ERROR(CheckIntact(view));
  GVSL_RETURN_IF_ERROR(CheckIntact(other));
  return sight;
}

std::int64_t SampleSource::PartnerOf(model::Part part, std::int64_t volume) const {
  const auto& volumes = VolumesOf(part);
  const auto& entries = dataset_->manifest().volumes;
  const auto own = std::ranges::find(volumes, static_cast<std::uint32_t>(volume));
  for (std::size_t step = 1; step < volumes.size(); ++step) {
    const auto at = (static_cast<std::size_t>(own - volumes.begin()) + step) % volumes.size();
    if (entries[volumes[at]].subject != entries[*own].subject) return volumes[at];
  }
  return volume;
}

model::LabelledVolume SampleSource::Labelled(std::int64_t volume,
                                             const data_loader::VolumeView& view,
                                             const Extent& extent) const {
  const auto& entry = dataset_->manifest().volumes[static_cast<std::size_t>(volume)];
  model::LabelledVolume labelled;
  labelled.volume = volume;
  labelled.spacing = entry.grid.spacing;
  labelled.voxels = Crop(view, {}, extent);
  if (view.labels) labelled.labels = Classes(view, {}, extent);
  if (entry.class_index) labelled.label = data_loader::ClassOf(task_.labels, *entry.class_index);
  return labelled;
}

at::Tensor SampleSource::Crop(const data_loader::VolumeView& volume, const Extent& origin,
                              const Extent& patch) const {
  at::Tensor crop = at::empty({1, patch[0], patch[1], patch[2]}, at::kFloat);
  data_loader::CopyCrop(volume, origin, patch,
                        {crop.data_ptr<float>(), static_cast<std::size_t>(crop.numel())});
  return crop;
}

at::Tensor SampleSource::Classes(const data_loader::VolumeView& volume, const Extent& origin,
                                 const Extent& patch) const {
  at::Tensor classes = at::empty({patch[0], patch[1], patch[2]}, at::kLong);
  data_loader::CopyClasses(
      volume, task_.labels, origin, patch,
      {classes.data_ptr<std::int64_t>(), static_cast<std::size_t>(classes.numel())});
  return classes;
}

std::vector<LeftOutShard> NamedShards(const Quarantine& quarantine, const SampleSource& samples) {
  std::vector<LeftOutShard> named;
  for (const auto& [shard, step] : quarantine) named.push_back({samples.ShardFile(shard), step});
  return named;
}

}  // namespace gvsl::trainer
