#include "coordinator/job_view.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <set>

#include "common/clock.h"
#include "common/text.h"
#include "coordinator/job_quarantine.h"
#include "coordinator/job_scores.h"
#include "coordinator/job_validation.h"

namespace gvsl::coordinator {
namespace {

using google::protobuf::util::TimeUtil;

double Goodput(const v1::StoredJob& stored, WallTime now) {
  const v1::Job& job = stored.job();
  if (!job.has_start_time() || stored.steps_seen() == 0) return 0;
  const auto end = job.has_end_time() ? job.end_time() : ToTimestamp(now);
  const auto elapsed = TimeUtil::DurationToMilliseconds(end - job.start_time());
  if (elapsed <= 0) return 0;
  const double mean = stored.step_seconds_sum() / static_cast<double>(stored.steps_seen());
  return std::clamp(1e3 * mean * static_cast<double>(job.step()) / elapsed, 0.0, 1.0);
}

std::string SlotRange(const v1::Member& member) {
  if (member.slots_size() == 1) return Concat("slot ", member.slots(0));
  return Concat("slots ", member.slots(0), "-", member.slots(member.slots_size() - 1));
}

// The source found its newest checkpoints damaged.
bool BeganFurtherBack(const v1::TrainerReport& report, const v1::StoredJob& stored) {
  return report.state() == v1::TrainerReport::STATE_RUNNING && report.holds_state() &&
         report.step() < stored.job().step() && stored.job().step() == stored.formed_at_step();
}

// Of what waits for a dataset, empty where nothing does.
std::string AwaySuffix(const v1::StoredJob& stored, const WorkerViews& workers) {
  const auto& seats = stored.gang().seats();
  const auto waiting = std::count_if(seats.begin(), seats.end(), [&](const v1::GangSeat& seat) {
    const auto worker = workers.find(seat.member().name());
    return worker != workers.end() && worker->second.report.dataset_away() &&
           IsOfPresentGeneration(worker->second, stored);
  });
  if (waiting == 0) return "";
  return Concat("; ", waiting, " of them cannot read the dataset now and wait for it");
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(WallTime time) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  return TimeUtil::NanosecondsToTimestamp(since.count());
}

bool HasEnded(v1::JobState state) {
  return state == v1::JOB_STATE_SUCCEEDED || state == v1::JOB_STATE_FAILED ||
         state == v1::JOB_STATE_CANCELLED;
}

std::uint64_t NewestCheckpoint(const v1::Job& job) {
  return job.checkpoints().empty() ? 0 : job.checkpoints().rbegin()->step();
}

v1::Job ViewJob(const v1::StoredJob& stored, const WorkerViews& workers, WallTime now) {
  v1::Job view = stored.job();
  view.set_goodput(Goodput(stored, now));
  *view.mutable_lost_seconds() = stored.lost_seconds();
  const bool running = view.state() == v1::JOB_STATE_RUNNING;
  if (running && view.step() < view.steps()) {
    view.set_eta_seconds(stored.step_seconds() * static_cast<double>(view.steps() - view.step()));
  }
  if (!running) view.set_samples_per_second(0);
  if (running && !stored.checkpoint_error().empty()) {
    view.set_reason(Concat(
        view.reason(), "; the last checkpoint could not be written: ", stored.checkpoint_error()));
  }
  if (running) view.set_reason(Concat(view.reason(), AwaySuffix(stored, workers)));
  if (view.state() == v1::JOB_STATE_SUCCEEDED) {
    view.set_reason(Concat(view.reason(), QuarantineSuffix(view)));
  } else {
    view.clear_result();
  }
  for (const v1::GangSeat& seat : stored.gang().seats()) {
    if (seat.lost()) continue;
    v1::GangMember& member = *view.add_workers();
    member.set_name(seat.member().name());
    member.set_device(seat.member().device());
    *member.mutable_slots() = seat.member().slots();
    const auto worker = workers.find(seat.member().name());
    if (worker != workers.end()) {
      member.set_step_seconds(worker->second.report.progress().step_seconds());
    }
  }
  return view;
}

std::string WhyItStands(const v1::StoredJob& stored) {
  const v1::Job& job = stored.job();
  if (!job.has_start_time()) return "";
  switch (job.state()) {
    case v1::JOB_STATE_QUEUED:
      return "queued";
    case v1::JOB_STATE_STARTING:
      return "starting";
    case v1::JOB_STATE_PAUSED:
      return "paused";
    case v1::JOB_STATE_RUNNING:
      return stored.gang().phase() == v1::Gang::PHASE_RUNNING ? "" : "reforming";
    default:
      return "";
  }
}

void CountRecomputing(std::uint64_t step, v1::StoredJob& stored) {
  if (stored.job().step() <= step) return;
  const auto steps = static_cast<double>(stored.job().step() - step);
  (*stored.mutable_lost_seconds())["recomputing"] += steps * stored.step_seconds();
}

std::vector<std::string> Explain(const v1::Job& view, const v1::StoredJob& stored) {
  std::vector<std::string> sentences;
  sentences.push_back(Concat("Job ", view.name(), " is ", WrittenName(view.state()), ": ",
                             view.reason().empty() ? "no reason is known" : view.reason(), "."));
  if (view.step() > 0 || view.generation() > 0) {
    sentences.push_back(Concat(view.step(), " of ", view.steps(), " steps are committed, in ",
                               Plural(view.generation(), "generation"),
                               "; workers lost: ", stored.lost_workers(), "."));
  }
  if (stored.has_gang()) {
    sentences.push_back(Concat("Generation ", stored.gang().generation(), ": ",
                               DescribeMembers(stored.gang()), "."));
  }
  if (!view.numeric_class().empty()) {
    sentences.push_back(Concat("Its numeric class is ", view.numeric_class(), " with ",
                               Plural(view.threads(), "thread"),
                               " a slot; workers of another are not taken."));
  }
  if (view.has_start_time()) {
    sentences.push_back(Concat("Goodput is ", static_cast<int>(100 * view.goodput() + 0.5),
                               " %: the share of the time since the first start that went into "
                               "steps that are kept."));
  }
  sentences.push_back(NewestCheckpoint(view) > 0
                          ? Concat("The newest checkpoint is of step ", NewestCheckpoint(view), ".")
                          : "There is no checkpoint yet.");
  for (const v1::QuarantinedShard& one : view.quarantine()) {
    sentences.push_back(Concat(DescribeQuarantined(one), "."));
  }
  for (const std::uint64_t step : stored.damaged_checkpoints()) {
    sentences.push_back(Concat("The checkpoint of step ", step, " is damaged and is not used."));
  }
  if (!stored.checkpoint_error().empty()) {
    sentences.push_back(
        Concat("The last checkpoint could not be written: ", stored.checkpoint_error(), "."));
  }
  return sentences;
}

std::set<std::uint64_t> DamagedSteps(const v1::StoredJob& stored) {
  return {stored.damaged_checkpoints().begin(), stored.damaged_checkpoints().end()};
}

bool IsOfPresentGeneration(const WorkerView& worker, const v1::StoredJob& stored) {
  const v1::TrainerReport& report = worker.report;
  const bool member = std::any_of(stored.gang().seats().begin(), stored.gang().seats().end(),
                                  [&](const v1::GangSeat& seat) {
                                    return !seat.lost() && seat.member().name() == worker.name &&
                                           seat.incarnation() == worker.incarnation &&
                                           seat.trainer_incarnation() == report.incarnation();
                                  });
  return member && report.job_uid() == stored.job().uid() &&
         report.generation() == stored.gang().generation();
}

void CutBack(v1::Job& job) {
  CutCurve(job);
  CutQuarantine(job);
}

bool ApplyProgress(const WorkerView& worker, v1::StoredJob& stored) {
  const v1::TrainerReport& report = worker.report;
  v1::Job& job = *stored.mutable_job();
  const std::uint64_t step =
      std::max(report.progress().step(), report.holds_state() ? report.step() : 0);
  if (!IsOfPresentGeneration(worker, stored) || step > job.steps()) return false;
  if (BeganFurtherBack(report, stored)) {
    CountRecomputing(report.step(), stored);
    job.set_step(report.step());
    stored.set_formed_at_step(report.step());
    CutBack(job);
    TakeScores(report, job);
    return true;
  }
  const bool scored = TakeScores(report, job);  // evaluated after the step, so without a new one
  if (step <= job.step()) return scored;
  const v1::StepProgress& progress = report.progress();
  const std::uint64_t advance = step - job.step();
  job.set_step(step);
  if (progress.step() != step) return true;  // state taken over, no step of its own yet
  stored.set_step_seconds_sum(stored.step_seconds_sum() +
                              progress.step_seconds() * static_cast<double>(advance));
  stored.set_steps_seen(stored.steps_seen() + advance);
  stored.set_step_seconds(progress.step_seconds());
  job.set_round(progress.round());
  job.set_learning_rate(progress.learning_rate());
  job.set_samples_per_second(progress.samples_per_second());
  if (job.spec().task() == v1::TASK_PRETRAIN) *job.mutable_result() = progress.losses();
  *job.mutable_indicators() = progress.indicators();
  const auto total = progress.losses().find("total");
  if (total != progress.losses().end()) job.set_loss(total->second);
  return true;
}

bool ApplyCheckpoint(const v1::CheckpointReport& report, v1::StoredJob& stored) {
  if (!report.error().empty()) {
    const bool news = stored.checkpoint_error() != report.error();
    stored.set_checkpoint_error(report.error());
    return news;
  }
  std::map<std::uint64_t, v1::Checkpoint> by_step;
  for (const v1::Checkpoint& one : stored.job().checkpoints()) by_step[one.step()] = one;
  bool news = false;
  if (report.checkpoint().step() > 0) {
    v1::Checkpoint& entry = by_step[report.checkpoint().step()];
    news = entry.weights_sha256() != report.checkpoint().weights_sha256();
    entry = report.checkpoint();
    stored.clear_checkpoint_error();
  }
  std::set<std::uint64_t> damaged = DamagedSteps(stored);
  damaged.erase(report.checkpoint().step());
  for (const std::uint64_t step : report.removed_steps()) damaged.erase(step);
  // Of an earlier generation, it may have been written again since.
  if (stored.has_gang() && report.generation() == stored.gang().generation()) {
    damaged.insert(report.damaged_steps().begin(), report.damaged_steps().end());
  }
  *stored.mutable_damaged_checkpoints() = {damaged.begin(), damaged.end()};
  for (const std::uint64_t step : report.removed_steps()) by_step.erase(step);
  for (const std::uint64_t step : damaged) by_step.erase(step);
  stored.mutable_job()->clear_checkpoints();
  for (auto& [step, checkpoint] : by_step) *stored.mutable_job()->add_checkpoints() = checkpoint;
  return news;
}

std::string DescribeMembers(const v1::Gang& gang) {
  std::vector<std::string> parts;
  for (const v1::GangSeat& seat : gang.seats()) {
    parts.push_back(Concat(seat.member().name(), " (", SlotRange(seat.member()),
                           seat.lost() ? ", lost)" : ")"));
  }
  return Join(parts, ", ");
}

}  // namespace gvsl::coordinator
