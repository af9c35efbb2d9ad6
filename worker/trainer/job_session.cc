#include "worker/trainer/job_session.h"

#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <utility>
#include <vector>

#include "common/text.h"
#include "worker/trainer/failure.h"
#include "worker/trainer/init_weights.h"
#include "worker/trainer/numerics.h"
#include "worker/trainer/step_loop.h"

namespace gvsl::trainer {
namespace {

// What the source says first: the size of what follows; of a state, 0 when everybody begins at step
// 0.
using StateHeader = std::array<std::uint64_t, 1>;

// What a communicator says when a peer is lost or somebody aborted.
bool IsBrokenGang(const Status& status) {
  return status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kAborted;
}

Status CheckGang(const GangPlan& gang, const JobPlan& job) {
  const auto in_gang = [&](int rank) { return rank >= 0 && rank < int(gang.members.size()); };
  if (!in_gang(gang.rank) || !in_gang(gang.source_rank)) {
    return InvalidArgumentError("the assignment names a rank that is no member");
  }
  for (const int owner : SlotOwners(gang, job.slots)) {
    if (owner < 0) return InvalidArgumentError("the assignment leaves a slot to nobody");
  }
  return OkStatus();
}

std::uint64_t HighestHeldStep(const GangPlan& gang) {
  std::uint64_t step = 0;
  for (const MemberPlan& member : gang.members) step = std::max(step, member.held_step.value_or(0));
  return step;
}

// All hold the same step, so that nothing has to be sent.
bool AllHoldTheSame(const GangPlan& gang) {
  const auto& first = gang.members.front().held_step;
  for (const MemberPlan& member : gang.members) {
    if (!member.held_step.has_value() || member.held_step != first) return false;
  }
  return true;
}

}  // namespace

JobSession::JobSession(const TrainerEnvironment& environment, JobPlan job)
    : environment_(environment),
      job_(std::move(job)),
      checkpoints_(environment.files, environment.clock, job_, environment.numeric_class,
                   environment.observer) {}

std::optional<std::uint64_t> JobSession::held_step() const {
  if (!holds_state_) return std::nullopt;
  return state_->step();
}

StatusOr<GenerationEnd> JobSession::RunGeneration(const GangPlan& gang,
                                                  collective::Communicator& communicator,
                                                  const StopFlag& stop) {
  StatusOr<GenerationEnd> end = GenerationEnd::kBroken;
  try {
    end = Run(gang, communicator, stop);
    if (state_ != nullptr) state_->Rollback();
  } catch (const std::exception& error) {
    end = FromException(error);
    ForgetUnlessRolledBack();
  }
  if (state_ != nullptr && !state_->whole()) ForgetState();
  if (!end.ok()) communicator.Abort(end.status());
  if (samples_ != nullptr) {  // a disk may hold it up, peers need not wait
    const bool may_read = !end.ok() || *end != GenerationEnd::kFinished;
    if (may_read) environment_.observer.OnActivity(Activity::kReading);
    samples_->EndGeneration();
  }
  if (end.ok()) return end;
  if (IsBrokenGang(end.status())) return GenerationEnd::kBroken;
  return end;
}

StatusOr<GenerationEnd> JobSession::Run(const GangPlan& gang,
                                        collective::Communicator& communicator,
                                        const StopFlag& stop) {
  SetUpNumerics(job_.threads, environment_.device, job_.numerics);
  GVSL_RETURN_IF_ERROR(CheckGang(gang, job_));
  GVSL_RETURN_IF_ERROR(EnsureParts());
  GVSL_RETURN_IF_ERROR(Agree(gang, communicator, stop));
  GVSL_RETURN_IF_ERROR(samples_->LeaveOut(state_->quarantine()));
  environment_.observer.OnActivity(Activity::kComputing);
  if (gang.rank == 0) GVSL_RETURN_IF_ERROR(PrepareToWrite());
  environment_.observer.OnQuarantine(NamedShards(state_->quarantine(), *samples_));
  environment_.observer.OnRunning(state_->step());
  if (!job_.task.task.empty()) {
    environment_.observer.OnEvaluated(state_->method().Validation(), state_->method().Result());
  }

  const std::vector<int> own_slots = SlotsOf(SlotOwners(gang, job_.slots), gang.rank);
  if (!own_slots.empty()) {
    samples_->BeginGeneration(own_slots, {stop, environment_.observer, environment_.clock});
  }
  StepLoop loop({job_, gang, *state_, *samples_, checkpoints_, communicator, stop,
                 environment_.observer, environment_.clock});
  GVSL_ASSIGN_OR_RETURN(const LoopEnd end, loop.Run());
  // Nobody goes before all have the last sum. What is committed stays, so an error changes nothing.
  environment_.observer.OnActivity(Activity::kWaiting);
  (void)communicator.Barrier();
  return end == LoopEnd::kFinished ? GenerationEnd::kFinished : GenerationEnd::kStopped;
}

Status JobSession::EnsureParts() {
  if (samples_ == nullptr) {
    GVSL_ASSIGN_OR_RETURN(samples_,
                          SampleSource::Open(environment_.files, job_, environment_.data));
    checkpoints_.Describe(samples_->seen());
  }
  if (state_ == nullptr) {
    GVSL_ASSIGN_OR_RETURN(state_, CreateState());
  }
  return OkStatus();
}

StatusOr<std::unique_ptr<TrainState>> JobSession::CreateState() const {
  return TrainState::Create(job_, samples_->seen(), environment_.make_method, environment_.device);
}

Status JobSession::Agree(const GangPlan& gang, collective::Communicator& communicator,
                         const StopFlag& stop) {
  if (AllHoldTheSame(gang)) {
    const auto& told = gang.members[static_cast<std::size_t>(gang.rank)].held_step;
    if (held_step() == told) return ShareQuarantine(gang, communicator);
    return AbortedError("the assignment takes this worker to hold another step than it does");
  }
  if (gang.rank != gang.source_rank) return Take(gang, communicator);
  if (!holds_state_) GVSL_RETURN_IF_ERROR(LoadState(gang, stop));
  return Send(gang, communicator);
}

Status JobSession::LoadState(const GangPlan& gang, const StopFlag& stop) {
  const Status loaded =
      checkpoints_.Load(*state_, {gang.checkpoint_step, HighestHeldStep(gang)}, stop);
  const bool begins = loaded.code() == StatusCode::kNotFound;
  const Status status = begins ? Begin() : loaded;
  if (!status.ok()) {
    ForgetState();
    return status;
  }
  holds_state_ = true;
  return OkStatus();
}

Status JobSession::Begin() {
  if (job_.init_checkpoint.empty()) return OkStatus();
  std::vector<std::string> notices;
  GVSL_RETURN_IF_ERROR(LoadInitWeights(environment_.files, job_, *state_, notices));
  for (const std::string& notice : notices) environment_.observer.OnNotice(notice);
  return OkStatus();
}

void JobSession::ForgetUnlessRolledBack() {
  try {
    if (state_ != nullptr) state_->Rollback();
  } catch (const std::exception&) {
    ForgetState();
  }
}

void JobSession::ForgetState() {
  state_.reset();
  holds_state_ = false;
}

Status JobSession::Send(const GangPlan& gang, collective::Communicator& communicator) {
  // Others make seeded weights themselves.
  const bool fresh =
      state_->step() == 0 && job_.init_checkpoint.empty() && state_->quarantine().empty();
  std::vector<std::byte> blob;
  if (!fresh && gang.members.size() > 1) blob = state_->ToBlob();
  environment_.observer.OnActivity(Activity::kWaiting);
  StateHeader header = {blob.size()};
  GVSL_RETURN_IF_ERROR(
      communicator.Broadcast(gang.source_rank, std::as_writable_bytes(std::span(header))));
  if (blob.empty()) return OkStatus();
  return communicator.Broadcast(gang.source_rank, blob);
}

Status JobSession::Take(const GangPlan& gang, collective::Communicator& communicator) {
  environment_.observer.OnActivity(Activity::kWaiting);
  StateHeader header = {};
  GVSL_RETURN_IF_ERROR(
      communicator.Broadcast(gang.source_rank, std::as_writable_bytes(std::span(header))));
  if (header[0] == 0) {
    if (state_->step() != 0 || !state_->quarantine().empty()) {
      GVSL_ASSIGN_OR_RETURN(state_, CreateState());
    }
    holds_state_ = true;
    return OkStatus();
  }
  std::vector<std::byte> blob(header[0]);
  GVSL_RETURN_IF_ERROR(communicator.Broadcast(gang.source_rank, blob));
  GVSL_RETURN_IF_ERROR(state_->FromBlob(blob));
  holds_state_ = true;
  return OkStatus();
}

// All hold the same step, and each may know of shards that are left out from it on.
Status JobSession::ShareQuarantine(const GangPlan& gang, collective::Communicator& communicator) {
  environment_.observer.OnActivity(Activity::kWaiting);
  const Quarantine own = state_->quarantine();
  Quarantine all = own;
  for (int rank = 0; rank < static_cast<int>(gang.members.size()); ++rank) {
    Quarantine told = own;
    StateHeader header = {told.size()};
    GVSL_RETURN_IF_ERROR(communicator.Broadcast(rank, std::as_writable_bytes(std::span(header))));
    told.resize(header[0]);
    if (!told.empty()) {
      GVSL_RETURN_IF_ERROR(communicator.Broadcast(rank, std::as_writable_bytes(std::span(told))));
    }
    AddToQuarantine(QuarantinedAt(told, state_->step()), state_->step(), all);
  }
  state_->TakeQuarantine(std::move(all));
  return OkStatus();
}

Status JobSession::PrepareToWrite() {
  const Status prepared = checkpoints_.Prepare(*state_);
  const bool may_pass = state_->step() > 0 && prepared.code() != StatusCode::kFailedPrecondition;
  if (prepared.ok() || !may_pass) return prepared;
  environment_.observer.OnNotice("the checkpoint directory is not usable now: " +
                                 prepared.message());
  return OkStatus();
}

}  // namespace gvsl::trainer
