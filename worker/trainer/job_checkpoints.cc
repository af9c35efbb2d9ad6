#include "worker/trainer/job_checkpoints.h"

#include <algorithm>
#include <utility>

#include "common/text.h"
#include "common/version.h"

namespace gvsl::trainer {
namespace {

using checkpoint::DamagedCheckpoint;

constexpr Duration kInsist = std::chrono::seconds(10);
constexpr Duration kPause = std::chrono::milliseconds(500);

// Whether an error of reading may be gone in a moment.
bool MayPass(const Status& status) {
  return !status.ok() && status.code() != StatusCode::kDataLoss &&
         status.code() != StatusCode::kFailedPrecondition;
}

// What is left of an error when nobody waits any longer for it to pass.
Status AfterWaiting(const Status& status) {
  if (!MayPass(status) || status.code() == StatusCode::kPermissionDenied) return status;
  return DeadlineExceededError("the checkpoints cannot be read now: " + status.message());
}

std::vector<std::uint64_t> StepsOf(const std::vector<DamagedCheckpoint>& damaged) {
  std::vector<std::uint64_t> steps;
  for (const DamagedCheckpoint& one : damaged) steps.push_back(one.step);
  return steps;
}

std::string NumericsName(Numerics numerics) {
  if (numerics == Numerics::kReference) return "reference";
  return numerics == Numerics::kFast ? "fast" : "strict";
}

template <typename T>
Status CheckSame(const char* what, const T& stored, const T& wanted) {
  if (stored == wanted) return OkStatus();
  return FailedPreconditionError(
      Concat("was written with ", what, " ", stored, "; this job has ", wanted));
}

}  // namespace

JobCheckpoints::JobCheckpoints(FileSystem& files, Clock& clock, const JobPlan& job,
                               std::string numeric_class, TrainerObserver& observer)
    : files_(files),
      clock_(clock),
      job_(job),
      numeric_class_(std::move(numeric_class)),
      observer_(observer),
      store_(files, clock, job.checkpoint.directory,
             {job.checkpoint.keep_last, job.checkpoint.keep_every}) {}

Status JobCheckpoints::Prepare(TrainState& state) {
  GVSL_RETURN_IF_ERROR(store_.Prepare(job_.uid));
  GVSL_ASSIGN_OR_RETURN(const std::uint64_t published, store_.PublishedLineage(state.step()));
  state.lineage().Trim(published);
  return OkStatus();
}

Status JobCheckpoints::Load(TrainState& state, const KnownSteps& known, const StopFlag& stop) {
  Damaged damaged;
  const Loaded loaded = LoadInsistently(known.checkpoint, stop, damaged);
  if (!damaged.empty()) observer_.OnDamage(StepsOf(damaged));
  const bool nothing_is_whole =
      loaded.ok() ? !loaded->has_value() : loaded.status().code() == StatusCode::kDataLoss;
  if (nothing_is_whole) GVSL_RETURN_IF_ERROR(CheckNobodyGoesBack(0, known));
  GVSL_RETURN_IF_ERROR(loaded.status());
  if (!loaded->has_value()) {
    GVSL_RETURN_IF_ERROR(AfterWaiting(store_.ForgetLineageBeyond(0)));
    return NotFoundError("there is no checkpoint yet");
  }
  const checkpoint::LoadedCheckpoint& newest = **loaded;
  const std::string name = CheckpointName(newest.manifest.step);
  for (const DamagedCheckpoint& one : damaged) {
    observer_.OnNotice(Concat("going on from ", name, " because ", one.what));
  }
  GVSL_RETURN_IF_ERROR(CheckFits(newest.manifest).WithContext(Concat("the checkpoint ", name)));
  GVSL_RETURN_IF_ERROR(state.Restore(newest).WithContext(name));
  GVSL_RETURN_IF_ERROR(AfterWaiting(AnnounceAll(damaged)));
  GVSL_RETURN_IF_ERROR(CheckNobodyGoesBack(newest.manifest.step, known));
  return AfterWaiting(store_.ForgetLineageBeyond(newest.manifest.step));
}

Status JobCheckpoints::CheckNobodyGoesBack(std::uint64_t step, const KnownSteps& known) const {
  if (step >= known.held) return OkStatus();
  const std::string what =
      Concat("the whole checkpoints end at step ", step, "; a member holds step ", known.held);
  observer_.OnNotice(what);
  return AbortedError(what);
}

JobCheckpoints::Loaded JobCheckpoints::LoadInsistently(std::uint64_t known, const StopFlag& stop,
                                                       Damaged& damaged) {
  const TimePoint deadline = clock_.Now() + kInsist;
  Loaded loaded = TryLoad(known, damaged);
  while (MayPass(loaded.status()) && clock_.Now() < deadline) {
    clock_.SleepFor(kPause);
    if (stop.vote() == StopVote::kNow) return AbortedError("told to stop at once");
    loaded = TryLoad(known, damaged);
  }
  if (loaded.status().code() == StatusCode::kNotFound) {
    return FailedPreconditionError(loaded.status().message());
  }
  if (loaded.ok()) return loaded;
  return AfterWaiting(loaded.status());
}

JobCheckpoints::Loaded JobCheckpoints::TryLoad(std::uint64_t known, Damaged& damaged) {
  const std::string& directory = store_.directory();
  GVSL_RETURN_IF_ERROR(CheckCheckpointOwner(files_, directory, job_.uid));
  GVSL_ASSIGN_OR_RETURN(const auto steps, ListCheckpointSteps(files_, directory));
  const std::uint64_t newest = steps.empty() ? 0 : steps.back();
  if (newest < known) {
    return NotFoundError(
        Concat("the checkpoint directory ", directory, " as this worker sees it ",
               steps.empty() ? std::string("holds no checkpoint") : Concat("ends at step ", newest),
               ", but the job has one of step ", known,
               "; is it mounted here? A job whose checkpoints were removed begins anew when it is "
               "deleted and submitted again"));
  }
  return store_.LoadNewest(&damaged);
}

Status JobCheckpoints::AnnounceAll(const Damaged& damaged) const {
  const std::string& directory = store_.directory();
  const auto useless = StepsOf(damaged);
  GVSL_ASSIGN_OR_RETURN(const auto steps, ListCheckpointSteps(files_, directory));
  for (const std::uint64_t step : steps) {
    if (std::count(useless.begin(), useless.end(), step) > 0) continue;
    auto manifest = ReadCheckpointManifest(files_, directory, step);
    if (!manifest.ok()) continue;  // damaged, or just being removed
    observer_.OnCheckpoint({.step = step,
                            .path = JoinPath(directory, CheckpointName(step)),
                            .manifest = *std::move(manifest),
                            .found = true});
  }
  return OkStatus();
}

Status JobCheckpoints::CheckFits(const CheckpointManifest& manifest) const {
  GVSL_RETURN_IF_ERROR(CheckSame("task", manifest.task, TaskName()));
  GVSL_RETURN_IF_ERROR(CheckSame("method", manifest.method, job_.method));
  GVSL_RETURN_IF_ERROR(CheckSame("width", manifest.width, job_.width));
  GVSL_RETURN_IF_ERROR(CheckSame("seed", manifest.seed, job_.seed));
  GVSL_RETURN_IF_ERROR(CheckSame("slots", manifest.slots, job_.slots));
  GVSL_RETURN_IF_ERROR(CheckSame("batch_per_slot", manifest.batch_per_slot, job_.batch_per_slot));
  GVSL_RETURN_IF_ERROR(CheckSame("threads", manifest.threads, job_.threads));
  GVSL_RETURN_IF_ERROR(CheckSame("dataset", manifest.dataset_sha256, job_.dataset_sha256));
  if (job_.numerics == Numerics::kFast) return OkStatus();
  return CheckSame("numeric class", manifest.numeric_class, numeric_class_);
}

std::string JobCheckpoints::TaskName() const {
  return job_.task.task.empty() ? "pretrain" : job_.task.task;
}

CheckpointManifest JobCheckpoints::Manifest(TrainState& state) const {
  CheckpointManifest manifest;
  manifest.job_uid = job_.uid;
  manifest.job_name = job_.name;
  manifest.step = state.step();
  manifest.seed = job_.seed;
  manifest.task = TaskName();
  manifest.method = job_.method;
  manifest.width = job_.width;
  manifest.classes = static_cast<std::uint32_t>(data_.classes);
  manifest.patch = data_.patch;
  manifest.window = data_.window;
  manifest.spacing = data_.spacing;
  manifest.numerics = NumericsName(job_.numerics);
  manifest.best_step = state.method().Validation().best_step;
  manifest.slots = job_.slots;
  manifest.batch_per_slot = job_.batch_per_slot;
  manifest.threads = job_.threads;
  manifest.dataset_sha256 = job_.dataset_sha256;
  manifest.numeric_class = numeric_class_;
  manifest.version = kVersion;
  manifest.lineage_sha256 = state.lineage().hash();
  manifest.quarantine = state.quarantine();
  return manifest;
}

CheckpointOutcome JobCheckpoints::TryWrite(TrainState& state) {
  const TimePoint begin = clock_.Now();
  CheckpointOutcome outcome;
  outcome.step = state.step();
  outcome.path = JoinPath(store_.directory(), CheckpointName(state.step()));
  const HostTensors model = state.ModelTensors();
  const HostTensors optimizer = state.OptimizerTensors();
  auto written = store_.Write({Manifest(state), model.views, optimizer.views, &state.lineage()});
  outcome.status = written.status();
  if (written.ok()) {
    outcome.manifest = *std::move(written);
    state.lineage().Trim(state.step());
    auto removed = store_.Retain(state.step(), state.method().Validation().best_step);
    if (removed.ok()) {
      outcome.removed_steps = *std::move(removed);
    } else {
      observer_.OnNotice("an old checkpoint cannot be removed: " + removed.status().message());
    }
  }
  outcome.seconds = ToSeconds(clock_.Now() - begin);
  return outcome;
}

Status JobCheckpoints::Write(TrainState& state) {
  const CheckpointOutcome outcome = TryWrite(state);
  observer_.OnCheckpoint(outcome);
  return outcome.status;
}

Status JobCheckpoints::WriteInsistently(TrainState& state, const StopFlag& stop) {
  const TimePoint deadline = clock_.Now() + kInsist;
  CheckpointOutcome outcome = TryWrite(state);
  while (!outcome.status.ok() && outcome.status.code() != StatusCode::kInternal &&
         clock_.Now() < deadline) {
    clock_.SleepFor(kPause);
    if (stop.vote() == StopVote::kNow) break;
    outcome = TryWrite(state);
  }
  observer_.OnCheckpoint(outcome);
  const bool may_pass = !outcome.status.ok() && outcome.status.code() != StatusCode::kInternal;
  const bool gave_up = may_pass && stop.vote() == StopVote::kNow;
  return gave_up ? AbortedError("told to stop at once") : outcome.status;
}

}  // namespace gvsl::trainer
