#include "worker/trainer/step_loop.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "common/text.h"
#include "worker/trainer/damage_verdict.h"
#include "worker/trainer/device.h"

namespace gvsl::trainer {
namespace {

StopVote HighestVote(const std::vector<SlotReport>& reports) {
  StopVote vote = StopVote::kNone;
  for (const SlotReport& report : reports) vote = std::max(vote, report.vote);
  return vote;
}

// Over the slots.
std::map<std::string, double> MeansByName(const std::vector<std::string>& names,
                                          const std::vector<SlotReport>& reports,
                                          std::vector<float> SlotReport::*values) {
  std::map<std::string, double> means;
  for (std::size_t i = 0; i < names.size(); ++i) {
    double& mean = means[names[i]];
    for (const SlotReport& report : reports) mean += (report.*values)[i] / double(reports.size());
  }
  return means;
}

}  // namespace

StatusOr<LoopEnd> StepLoop::Run() {
  while (true) {
    GVSL_ASSIGN_OR_RETURN(const StopVote meanwhile, MakeSurveys());
    if (meanwhile != StopVote::kNone) {
      GVSL_RETURN_IF_ERROR(Leave(meanwhile));
      return LoopEnd::kStopped;
    }
    if (p_.state.step() >= p_.job.steps) break;
    GVSL_ASSIGN_OR_RETURN(const std::optional<StopVote> agreed, TakeStep());
    if (!agreed) continue;
    GVSL_RETURN_IF_ERROR(MaybeCheckpoint(*agreed));
    if (*agreed != StopVote::kNone && p_.state.step() < p_.job.steps) return LoopEnd::kStopped;
  }
  p_.state.Keep();
  GVSL_RETURN_IF_ERROR(FinalCheckpoint());
  return LoopEnd::kFinished;
}

StatusOr<std::optional<StopVote>> StepLoop::TakeStep() {
  GVSL_ASSIGN_OR_RETURN(const std::optional<SummedStep> sum, ComputeStep());
  if (!sum) return std::optional<StopVote>();
  GVSL_RETURN_IF_ERROR(CheckFinite(*sum));
  Commit(sum->reports);
  Announce(sum->reports);
  GVSL_RETURN_IF_ERROR(collapse_.Check(p_.state.step(), IndicatorsOf(sum->reports)));
  return std::optional(HighestVote(sum->reports));
}

StatusOr<std::optional<SummedStep>> StepLoop::ComputeStep() {
  while (true) {
    own_damage_.clear();
    const StopVote vote = p_.stop.vote();
    GVSL_ASSIGN_OR_RETURN(std::vector<std::uint32_t> accused, ShareAmongSlots());
    if (accused.empty()) {
      reduction_->BeginStep();
      for (const int slot : own_slots_) GVSL_RETURN_IF_ERROR(ComputeSlot(slot, vote));
      GVSL_ASSIGN_OR_RETURN(SummedStep sum, Reduce());
      accused = AccusedIn(sum.reports);
      if (accused.empty()) {
        read_again_.clear();
        return std::optional(std::move(sum));
      }
    }
    const std::size_t known = p_.state.quarantine().size();
    GVSL_RETURN_IF_ERROR(Judge(accused));
    const bool grew = p_.state.quarantine().size() != known;
    if (grew && !p_.state.method().SurveysAt(p_.state.step()).empty()) {
      p_.state.Rollback();  // what this step's surveys saw of the shard is forgotten, too
      return std::optional<SummedStep>();
    }
  }
}

bool StepLoop::IsDamage(const Status& error) {
  const auto shard = p_.samples.damaged_shard();
  const bool pretrains = p_.job.task.task.empty();
  if (!pretrains || error.code() != StatusCode::kDataLoss || !shard) return false;
  own_damage_.insert_or_assign(*shard, error);
  return true;
}

Status StepLoop::Judge(const std::vector<std::uint32_t>& accused) {
  SlotExchange exchange(p_.communicator, SlotOwners(p_.gang, p_.job.slots), accused.size());
  GVSL_ASSIGN_OR_RETURN(const at::Tensor own, ReadAtSource(accused));
  for (const int slot : own_slots_) exchange.Put(slot, own);
  GVSL_ASSIGN_OR_RETURN(const at::Tensor found_whole, Gather(exchange));
  const auto damaged = FoundWholeByNobody(accused, found_whole);
  for (std::size_t i = 0; i < accused.size(); ++i) {
    if (std::ranges::count(damaged, accused[i]) > 0) continue;
    const bool whole_here = own[static_cast<std::int64_t>(i)].item<float>() > 0;
    GVSL_RETURN_IF_ERROR(OwnFault(accused[i], whole_here));
  }
  if (damaged.empty()) return OkStatus();
  return LeaveOut(damaged);
}

// Where too little is left, what is held stays: repaired, the job goes on from it.
Status StepLoop::LeaveOut(const std::vector<std::uint32_t>& damaged) {
  Quarantine grown = p_.state.quarantine();
  AddToQuarantine(damaged, p_.state.step(), grown);
  p_.observer.OnActivity(Activity::kReading);  // what is being read ahead comes to its end
  GVSL_RETURN_IF_ERROR(p_.samples.LeaveOut(grown));
  p_.observer.OnActivity(Activity::kComputing);
  p_.state.TakeQuarantine(std::move(grown));
  p_.observer.OnQuarantine(NamedShards(p_.state.quarantine(), p_.samples));
  return OkStatus();
}

StatusOr<at::Tensor> StepLoop::ReadAtSource(const std::vector<std::uint32_t>& accused) {
  Enter(Phase::kData);
  at::Tensor found_whole = at::zeros({static_cast<std::int64_t>(accused.size())}, at::kFloat);
  if (own_slots_.empty()) return found_whole;  // its word would travel with no slot
  for (std::size_t i = 0; i < accused.size(); ++i) {
    p_.observer.OnActivity(Activity::kReading);
    const Status checked = p_.samples.CheckAtSource(accused[i]);
    if (checked.code() == StatusCode::kDataLoss) continue;
    GVSL_RETURN_IF_ERROR(checked);
    found_whole[static_cast<std::int64_t>(i)] = 1.0F;
  }
  p_.observer.OnActivity(Activity::kComputing);
  return found_whole;
}

Status StepLoop::OwnFault(std::uint32_t shard, bool found_whole) {
  const auto own = own_damage_.find(shard);
  if (own == own_damage_.end()) return OkStatus();
  const std::string& file = p_.samples.ShardFile(shard);
  if (!found_whole) {
    return Status(StatusCode::kUnknown,
                  Concat("this worker reads ", file,
                         " damaged, another member reads it whole: its copy of the dataset, its "
                         "disk or its memory is at fault"));
  }
  if (!read_again_.insert(shard).second) {
    if (p_.gang.members.size() == 1) return own->second;
    return Status(StatusCode::kUnknown, own->second.message());  // others may do better
  }
  p_.observer.OnNotice(Concat(file, " was read damaged, and then whole; it is read again"));
  return OkStatus();
}

StatusOr<StepLoop::Prepared> StepLoop::Prepare(int slot) {
  if (p_.stop.vote() == StopVote::kNow) return AbortedError("told to stop at once");
  meter_.Enter(Phase::kData);
  p_.observer.OnActivity(Activity::kReading);
  auto batch = p_.samples.Next(p_.state.step(), slot);
  p_.observer.OnActivity(Activity::kComputing);  // many slow slots are no hang
  if (IsDamage(batch.status())) return Prepared{{}, {}, p_.samples.damaged_shard()};
  GVSL_RETURN_IF_ERROR(batch.status());

  meter_.Enter(Phase::kAugment);
  Prepared prepared{std::move(batch->volumes), p_.state.method().Augment(batch->samples), {}};
  Enter(Phase::kForward);
  return prepared;
}

StatusOr<StopVote> StepLoop::MakeSurveys() {
  const auto surveys = p_.state.method().SurveysAt(p_.state.step());
  if (surveys.empty()) return StopVote::kNone;
  Enter(Phase::kSurvey);
  for (const model::Survey& survey : surveys) {
    GVSL_ASSIGN_OR_RETURN(const StopVote vote, Make(survey));
    if (vote != StopVote::kNone) return vote;
  }
  GVSL_RETURN_IF_ERROR(TellScores());
  Enter(Phase::kData);
  return StopVote::kNone;
}

StatusOr<StopVote> StepLoop::Make(const model::Survey& survey) {
  const SurveyPlan plan(p_.samples, survey, p_.job.slots);
  at::Tensor rows;
  while (true) {
    GVSL_ASSIGN_OR_RETURN(rows, DescribeAll(plan));
    const StopVote vote = SurveyPlan::VoteOf(rows);
    if (vote != StopVote::kNone) return vote;
    const auto accused = SurveyPlan::AccusedIn(rows);
    if (accused.empty()) break;
    GVSL_RETURN_IF_ERROR(Judge(accused));
  }
  p_.state.TakeDescriptions(survey, plan.ByVolume(rows), [this] {
    p_.observer.OnActivity(Activity::kComputing);
    return p_.stop.vote() != StopVote::kNow;
  });
  if (p_.stop.vote() == StopVote::kNow) return AbortedError("told to stop at once");
  if (p_.job.numerics == Numerics::kFast) GVSL_RETURN_IF_ERROR(TakeMethodStateOfRankZero());
  GVSL_RETURN_IF_ERROR(CheckMemory());
  return StopVote::kNone;
}

StatusOr<at::Tensor> StepLoop::DescribeAll(const SurveyPlan& plan) {
  own_damage_.clear();
  SlotExchange exchange(p_.communicator, SlotOwners(p_.gang, p_.job.slots), plan.row_floats());
  for (const int slot : own_slots_) {
    auto row = plan.Describe(p_.state.method(), p_.samples, slot, p_.stop, p_.observer);
    if (IsDamage(row.status())) {
      exchange.Put(slot, plan.DamageRow(*p_.samples.damaged_shard()));
      continue;
    }
    GVSL_RETURN_IF_ERROR(row.status());
    exchange.Put(slot, *row);
  }
  return Gather(exchange, Phase::kSurvey);
}

Status StepLoop::TellScores() {
  const model::Curve curve = p_.state.method().Validation();
  if (curve.score.empty()) return OkStatus();
  const std::uint64_t step = p_.state.step();
  if (curve.points.empty() || curve.points.back().first != step) {
    return FailedPreconditionError(
        Concat("the validation at step ", step, " gave no number for '", curve.score,
               "': the weights are not finite, or nothing there can be measured"));
  }
  p_.observer.OnEvaluated(curve, p_.state.method().Result());
  if (p_.gang.rank != 0 || step == p_.job.steps || curve.best_step != step) return OkStatus();
  return Save(StopVote::kNone);
}

Status StepLoop::Leave(StopVote vote) {
  p_.state.Rollback();
  const bool writes = vote == StopVote::kCheckpoint && p_.gang.rank == 0 && p_.state.step() > 0;
  return writes ? Save(vote) : OkStatus();
}

Status StepLoop::TakeMethodStateOfRankZero() {
  const at::NoGradGuard no_graph;
  for (auto& [name, tensor] : p_.state.method().NamedState()) {
    const at::Tensor host = tensor.to(at::kCPU, /*non_blocking=*/false, /*copy=*/true);
    const std::span bytes(static_cast<std::byte*>(host.mutable_data_ptr()), host.nbytes());
    GVSL_RETURN_IF_ERROR(p_.communicator.Broadcast(0, bytes));
    tensor.copy_(host);
  }
  return OkStatus();
}

StatusOr<std::vector<std::uint32_t>> StepLoop::ShareAmongSlots() {
  model::Method& method = p_.state.method();
  const std::int64_t floats = method.SharedFloats();
  if (floats == 0) return std::vector<std::uint32_t>();
  // The last is DamageCode.
  SlotExchange exchange(p_.communicator, SlotOwners(p_.gang, p_.job.slots),
                        static_cast<std::size_t>(floats) + 1);
  prepared_.clear();
  for (const int slot : own_slots_) {
    GVSL_ASSIGN_OR_RETURN(Prepared prepared, Prepare(slot));
    at::Tensor row = at::zeros({floats + 1}, at::kFloat);
    row[-1] = DamageCode(prepared.damaged_shard);
    if (!prepared.damaged_shard) {
      row.narrow(0, 0, floats).copy_(method.Share(prepared.inputs).detach().reshape(-1));
    }
    exchange.Put(slot, row);
    // A device has room for the inputs of one slot, however many this worker computes.
    for (auto& [name, tensor] : prepared.inputs) tensor = tensor.to(at::kCPU);
    prepared_.emplace(slot, std::move(prepared));
  }
  GVSL_ASSIGN_OR_RETURN(const at::Tensor rows, Gather(exchange));
  auto accused = AccusedIn(rows, floats);
  if (!accused.empty()) return accused;
  Enter(Phase::kForward);
  const at::Tensor shared = rows.narrow(1, 0, floats).contiguous();
  method.Receive(shared.to(p_.state.parameters().front().device()));
  GVSL_RETURN_IF_ERROR(CheckMemory());
  return accused;
}

StatusOr<at::Tensor> StepLoop::Gather(SlotExchange& exchange, Phase phase) {
  p_.observer.OnActivity(Activity::kWaiting);
  Enter(phase);
  auto gathered = exchange.Gather();
  p_.observer.OnActivity(Activity::kComputing);
  return gathered;
}

StatusOr<StepLoop::Prepared> StepLoop::Take(int slot) {
  const auto shared = prepared_.extract(slot);
  if (shared.empty()) return Prepare(slot);
  if (p_.stop.vote() == StopVote::kNow) return AbortedError("told to stop at once");
  p_.observer.OnActivity(Activity::kComputing);
  Enter(Phase::kForward);
  Prepared prepared = std::move(shared.mapped());
  const at::Device device = p_.state.parameters().front().device();
  for (auto& [name, tensor] : prepared.inputs) tensor = tensor.to(device);
  return prepared;
}

SlotReport StepLoop::EmptyReport(StopVote vote) const {
  SlotReport report;
  report.losses.resize(loss_names_.size());
  report.indicators.resize(indicator_names_.size());
  report.volumes.resize(std::size_t{2} * p_.job.batch_per_slot);
  report.vote = vote;
  report.published_lineage = p_.state.lineage().begin();
  return report;
}

Status StepLoop::ComputeSlot(int slot, StopVote vote) {
  GVSL_ASSIGN_OR_RETURN(const Prepared prepared, Take(slot));
  SlotReport report = EmptyReport(vote);
  if (prepared.damaged_shard) {
    report.damaged_shard = prepared.damaged_shard;
    reduction_->BeginSlot(slot);
    reduction_->EndSlot(slot, std::move(report));
    return OkStatus();
  }
  const model::Outcome outcome = p_.state.method().Forward(prepared.inputs);

  Enter(Phase::kBackward);
  reduction_->BeginSlot(slot);
  if (reduction_->TravelsDuring(slot)) p_.observer.OnActivity(Activity::kWaiting);
  outcome.loss.backward();

  for (std::size_t i = 0; i < loss_names_.size(); ++i) {
    report.losses[i] = outcome.parts[i].second.item<float>();
  }
  for (std::size_t i = 0; i < indicator_names_.size(); ++i) {
    report.indicators[i] = outcome.indicators[i].second.item<float>();
  }
  report.volumes = prepared.volumes;
  reduction_->EndSlot(slot, std::move(report));
  return CheckMemory();
}

Status StepLoop::CheckMemory() const {
  const bool strict = p_.job.numerics != Numerics::kFast;
  const at::Device device = p_.state.parameters().front().device();
  if (!strict || MemoryRefusals(device) == memory_refusals_) return OkStatus();
  return ResourceExhaustedError("this worker's GPU has too little memory for the job's exact bits");
}

StatusOr<SummedStep> StepLoop::Reduce() {
  p_.observer.OnActivity(Activity::kWaiting);
  Enter(Phase::kReduce);
  auto sum = reduction_->Sum();
  p_.observer.OnActivity(Activity::kComputing);
  return sum;
}

void StepLoop::Enter(Phase phase) {
  Synchronize(p_.state.parameters().front().device());
  meter_.Enter(phase);
}

Status StepLoop::CheckFinite(const SummedStep& sum) const {
  const auto failure = [](const std::string& what) {
    return FailedPreconditionError(
        Concat(what, "; the checkpoints before it are good, a lower learning rate may help"));
  };
  for (std::size_t slot = 0; slot < sum.reports.size(); ++slot) {
    const auto& losses = sum.reports[slot].losses;
    const auto bad = std::find_if_not(losses.begin(), losses.end(),
                                      [](float loss) { return std::isfinite(loss); });
    const std::string where = Concat("at step ", p_.state.step(), ", slot ", slot);
    if (bad != losses.end()) {
      const auto& name = loss_names_[static_cast<std::size_t>(bad - losses.begin())];
      return failure(Concat("the loss '", name, "' is not a finite number ", where));
    }
    if (sum.reports[slot].broken_gradient) {
      return failure(Concat("the gradient is not finite ", where));
    }
  }
  if (sum.finite) return OkStatus();
  return failure(Concat("the gradient is not finite at step ", p_.state.step()));
}

void StepLoop::Commit(const std::vector<SlotReport>& reports) {
  Enter(Phase::kUpdate);
  const at::Tensor gradient = gradients_.OnDevice(reduction_->gradient());
  gradient_norm_ =
      ScaleAndClip(gradient, 1.0 / static_cast<double>(p_.job.slots), p_.job.optimizer.clip_norm);
  gradients_.Unflatten(gradient);
  std::vector<std::int64_t> samples;
  std::uint64_t published = 0;
  for (const SlotReport& report : reports) {
    samples.insert(samples.end(), report.volumes.begin(), report.volumes.end());
    published = std::max(published, report.published_lineage);
  }
  p_.state.Commit(LearningRate(p_.job.optimizer, p_.state.step()), samples);
  p_.state.lineage().Trim(published);
}

std::map<std::string, double> StepLoop::IndicatorsOf(const std::vector<SlotReport>& reports) const {
  auto indicators = MeansByName(indicator_names_, reports, &SlotReport::indicators);
  indicators["gradient_norm"] = gradient_norm_;
  return indicators;
}

void StepLoop::Announce(const std::vector<SlotReport>& reports) {
  Synchronize(p_.state.parameters().front().device());
  meter_.EndStep(own_slots_.size());
  StepProgress progress;
  progress.step = p_.state.step();
  progress.round = p_.samples.Round(p_.state.step() - 1);
  progress.losses = MeansByName(loss_names_, reports, &SlotReport::losses);
  progress.indicators = IndicatorsOf(reports);
  progress.learning_rate = LearningRate(p_.job.optimizer, p_.state.step() - 1);
  progress.step_seconds = meter_.step_seconds();
  progress.phase_seconds = meter_.phase_seconds();
  progress.slot_seconds = meter_.slot_seconds();
  if (progress.step_seconds > 0) {
    progress.samples_per_second =
        double(p_.job.slots) * p_.job.batch_per_slot / progress.step_seconds;
  }
  p_.observer.OnStep(progress);
}

Status StepLoop::MaybeCheckpoint(StopVote vote) {
  const std::uint64_t step = p_.state.step();
  if (p_.gang.rank != 0 || step == p_.job.steps) return OkStatus();
  const std::uint64_t every = p_.job.checkpoint.every_steps;
  const bool due = every > 0 && step % every == 0;
  return due || vote == StopVote::kCheckpoint ? Save(vote) : OkStatus();
}

Status StepLoop::Save(StopVote vote) {
  meter_.Enter(Phase::kCheckpoint);
  p_.observer.OnActivity(Activity::kCheckpointing);
  const Status written = vote == StopVote::kCheckpoint
                             ? p_.checkpoints.WriteInsistently(p_.state, p_.stop)
                             : p_.checkpoints.Write(p_.state);
  p_.observer.OnActivity(Activity::kComputing);
  meter_.Enter(Phase::kData);
  return written.code() == StatusCode::kInternal ? written : OkStatus();
}

Status StepLoop::FinalCheckpoint() {
  if (p_.gang.rank != 0) return OkStatus();
  p_.observer.OnActivity(Activity::kCheckpointing);
  const Status written = p_.checkpoints.WriteInsistently(p_.state, p_.stop);
  if (written.ok() || written.code() == StatusCode::kAborted) return written;
  const std::string what = Concat("the last checkpoint could not be written: ", written.message());
  // A disk that is full, fails or may not be written now may come back: what is held is not given
  // up for it. Other weights of this step, or another job's directory, stay what they are.
  const bool may_pass =
      written.code() != StatusCode::kInternal && written.code() != StatusCode::kFailedPrecondition;
  return Status(may_pass ? StatusCode::kDeadlineExceeded : written.code(), what);
}

StepLoop::StepLoop(const Parts& parts)
    : p_(parts),
      loss_names_(parts.state.method().LossNames()),
      indicator_names_(parts.state.method().IndicatorNames()),
      own_slots_(parts.gang.members[static_cast<std::size_t>(parts.gang.rank)].slots),
      reduction_(MakeReduction(
          parts.job.numerics,
          {parts.state.parameters(), parts.communicator, SlotOwners(parts.gang, parts.job.slots),
           SlotRows(parts.job.slots, loss_names_.size(), indicator_names_.size(),
                    parts.job.batch_per_slot)})),
      gradients_(parts.state.parameters(), reduction_->device()),
      memory_refusals_(MemoryRefusals(parts.state.parameters().front().device())),
      meter_(parts.clock) {}

}  // namespace gvsl::trainer
