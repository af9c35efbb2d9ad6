#include "worker/agent/agent.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "common/text.h"
#include "common/version.h"
#include "worker/agent/machine_metrics.h"

namespace gvsl::agent {
namespace {

constexpr std::size_t kLogBytesPerHeartbeat = 256 * 1024;
constexpr std::size_t kCheckpointsPerHeartbeat = 100;
// While the coordinator is away. The oldest are the first to be removed from the disk, too.
constexpr std::size_t kMostCheckpoints = 10000;

// One write a line, so that lines of agent and trainer do not mix.
void CopyToStandardError(std::string_view line) {
  const std::string text = Concat(line, '\n');
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Agent::Agent(AgentOptions options, CoordinatorClient& client, Metrics& metrics, Clock& clock,
             FileSystem& files)
    : options_(std::move(options)),
      client_(client),
      all_metrics_(metrics),
      clock_(clock),
      logs_(files, JoinPath(options_.work_dir, "logs")),
      state_(options_.timing, !options_.static_gang.id().empty()),
      metrics_(metrics) {}

Agent::~Agent() = default;

Status Agent::Run(const std::function<void(const std::string&)>& on_listening) {
  link_thread_ = std::thread([this] { KeepLink(); });
  std::unique_lock lock(mutex_);
  bool listening = false;
  while (true) {
    if (trainer_ended_) BuryTrainer(lock);
    if (!listening && !first_peer_address_.empty()) {
      listening = true;
      on_listening(first_peer_address_);
    }
    const Decision decision = state_.Decide(clock_.Now());
    if (decision.abandon_trainer) AbandonTrainer(lock);
    Act(decision);
    if (state_.gone() || !fatal_.ok()) break;
    if (trainer_ended_ || decision.start_trainer) continue;
    const auto woken = [this] { return wake_; };
    if (decision.wake) {
      changed_.wait_for(lock, *decision.wake - clock_.Now(), woken);
    } else {
      changed_.wait(lock, woken);
    }
    wake_ = false;
  }
  stopping_ = true;
  changed_.notify_all();
  client_.Interrupt();
  EndTrainer(lock);
  lock.unlock();
  link_thread_.join();
  if (!fatal_.ok()) return fatal_;
  if (!options_.static_gang.id().empty()) return state_.GangEnd();
  if (state_.hopeless()) {
    return FailedPreconditionError(
        Concat("the trainer cannot be started: ", state_.report().reason()));
  }
  return state_.drained() ? OkStatus() : CancelledError("left before the trainer stopped in order");
}

void Agent::Leave() {
  const std::lock_guard lock(mutex_);
  if (state_.leaving()) {
    state_.LeaveAtOnce();
  } else {
    LogInfo("leaving");
    state_.Leave(clock_.Now());
  }
  Changed();
}

bool Agent::ready() const {
  const std::lock_guard lock(mutex_);
  return link_ != nullptr && link_->registered() && state_.trainer_ready();
}

void Agent::MeasureMachine() {
  // A file system that hangs costs one scraper its answer, not all of them.
  const std::unique_lock measuring(measuring_, std::try_to_lock);
  if (!measuring.owns_lock()) return;
  pid_t trainer = 0;
  {
    const std::lock_guard lock(mutex_);
    if (trainer_ != nullptr && !trainer_ended_) trainer = trainer_->pid();
  }
  agent::MeasureMachine(all_metrics_, options_.work_dir, trainer);
}

void Agent::Act(const Decision& decision) {
  if (decision.start_trainer) StartTrainer();
  for (const v1::TrainerCommand& command : decision.commands) {
    if (command.has_assignment()) {
      trainer_job_ = command.assignment().job_uid();
      samples_per_step_ = SamplesPerStep(command.assignment());
      LogInfo("assignment", {{"job", trainer_job_},
                             {"generation", command.assignment().generation()},
                             {"rank", command.assignment().rank()},
                             {"members", command.assignment().members_size()}});
    } else if (command.has_stop()) {
      LogInfo("stop_order", {{"generation", command.stop().generation()},
                             {"mode", v1::StopOrder::Mode_Name(command.stop().mode())}});
    }
    // A trainer that is gone has ended its pipe; OnExit says so.
    if (trainer_ != nullptr) (void)trainer_->Send(command);
  }
  if (!decision.kill_reason.empty() && trainer_ != nullptr) {
    LogWarning("trainer_killed", {{"job", trainer_job_}, {"reason", decision.kill_reason}});
    trainer_->Kill();
  }
}

void Agent::StartTrainer() {
  const std::uint64_t number = ++trainer_number_;
  auto process = TrainerProcess::Start(
      options_.trainer_command,
      {.on_event = [this, number](const auto& event) { OnEvent(number, event); },
       .on_output = [this](std::string_view line) { OnOutput(line); },
       .on_exit = [this, number](const auto& how) { OnExit(number, how); }});
  trainer_job_.clear();
  state_.TrainerStarted(clock_.Now());
  if (process.ok()) {
    trainer_ = *std::move(process);
  } else {
    state_.TrainerDied(process.status().ToString(), clock_.Now());
  }
}

void Agent::BuryTrainer(std::unique_lock<std::mutex>& lock) {
  std::unique_ptr<TrainerProcess> ended = std::move(trainer_);
  trainer_ended_ = false;
  lock.unlock();  // its output thread may still have lines to bring
  ended.reset();
  lock.lock();
}

void Agent::AbandonTrainer(std::unique_lock<std::mutex>& lock) {
  LogError("trainer_abandoned", {{"job", trainer_job_}, {"process", trainer_->pid()}});
  std::unique_ptr<TrainerProcess> abandoned = std::move(trainer_);
  ++trainer_number_;
  trainer_ended_ = false;
  metrics_.Show(state_.report(), 0);
  metrics_.TrainerRestarted();
  Changed();
  lock.unlock();  // its threads may be waiting for it
  abandoned->Abandon();
  lock.lock();
}

// Nothing that it could still do is wanted, so a process that does not end is left to the kernel.
void Agent::EndTrainer(std::unique_lock<std::mutex>& lock) {
  if (trainer_ == nullptr) return;
  trainer_->Kill();
  const auto ended = [this] { return trainer_ended_; };
  if (changed_.wait_for(lock, options_.timing.end, ended)) {
    BuryTrainer(lock);
  } else {
    AbandonTrainer(lock);
  }
}

void Agent::OnEvent(std::uint64_t process, const v1::TrainerEvent& event) {
  const std::lock_guard lock(mutex_);
  if (process != trainer_number_) return;
  if (event.has_activity()) {
    // No reason to decide anything: the loop wakes when the last sign grows old.
    return state_.TrainerActive(event.activity(), clock_.Now());
  }
  if (event.has_data()) {
    metrics_.ShowData(process, event.data());
    if (state_.DatasetIsAway(event.data().away())) Changed();
    return;
  }
  if (event.has_report()) {
    OnReport(event.report());
  } else if (event.has_checkpoint()) {
    if (event.checkpoint().error().empty()) {
      state_.CheckpointWritten(event.checkpoint().checkpoint().step());
    }
    checkpoints_.push_back(event.checkpoint());
    ++checkpoint_news_;
    if (checkpoints_.size() > kMostCheckpoints) {
      checkpoints_.pop_front();
      if (collected_checkpoints_ > 0) --collected_checkpoints_;
    }
  } else if (event.has_numeric_class()) {
    numeric_class_ = event.numeric_class().name();
  }
  Changed();
}

void Agent::OnReport(const v1::TrainerReport& report) {
  const v1::TrainerReport::State before = state_.report().state();
  state_.TrainerReported(report, clock_.Now());
  metrics_.Show(state_.report(), samples_per_step_);
  if (first_peer_address_.empty()) first_peer_address_ = report.peer_address();
  if (report.state() == before) return;
  LogInfo("trainer_state", {{"state", TrainerStateName(report.state())},
                            {"job", report.job_uid()},
                            {"generation", report.generation()},
                            {"step", report.step()},
                            {"reason", report.reason()}});
}

void Agent::OnOutput(std::string_view line) {
  CopyToStandardError(line);
  std::string job_uid;
  {
    const std::lock_guard lock(mutex_);
    job_uid = trainer_job_;
  }
  logs_.Append(job_uid, line);
}

void Agent::OnExit(std::uint64_t process, const std::string& how) {
  const std::lock_guard lock(mutex_);
  if (process != trainer_number_) return;
  const std::uint64_t deaths = state_.deaths();
  state_.TrainerDied(how, clock_.Now());
  metrics_.Show(state_.report(), 0);
  if (state_.deaths() > deaths) {
    metrics_.TrainerRestarted();
    LogWarning("trainer_died", {{"job", trainer_job_}, {"how", how}});
    logs_.Append(trainer_job_, Concat("the trainer ended: ", how));
  }
  trainer_ended_ = true;
  Changed();
}

void Agent::Changed() {
  state_.SetDelivered(delivered_news_ == News() && checkpoints_.empty() && logs_.AllAcknowledged());
  wake_ = true;
  changed_.notify_all();
  // A registration that is cut off may have been taken all the same; what is new comes after it.
  const bool registered = link_ != nullptr && link_->registered();
  if (registered && collected_news_ != News()) client_.Interrupt();
}

void Agent::KeepLink() {
  v1::RegisterWorkerRequest identity;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !numeric_class_.empty(); });
  identity.set_name(options_.name);
  identity.set_incarnation(options_.incarnation);
  identity.set_version(std::string(kVersion));
  identity.set_device(options_.device);
  identity.set_threads(options_.threads);
  identity.set_numeric_class(numeric_class_);
  if (!options_.static_gang.id().empty()) *identity.mutable_static_gang() = options_.static_gang;
  link_ = std::make_unique<CoordinatorLink>(
      std::move(identity), client_, clock_,
      LinkHooks{.collect = [this] { return Collect(); },
                .deliver = [this](const auto& response) { Deliver(response); },
                .failed = [this] { metrics_.HeartbeatFailed(); }});
  while (!stopping_) {
    lock.unlock();
    const CoordinatorLink::Next next = link_->Turn();
    lock.lock();
    if (!next.fatal.ok()) {
      fatal_ = next.fatal;
      wake_ = true;
      changed_.notify_all();
      return;
    }
    changed_.wait_for(lock, next.pause, [this] {
      return stopping_ || (link_->registered() && collected_news_ != News());
    });
  }
}

v1::HeartbeatRequest Agent::Collect() {
  v1::HeartbeatRequest request;
  for (v1::LogChunk& chunk : logs_.Pending(kLogBytesPerHeartbeat)) *request.add_logs() = chunk;
  const std::lock_guard lock(mutex_);
  *request.mutable_trainer() = state_.report();
  request.set_leaving(state_.leaving());
  collected_checkpoints_ = std::min(checkpoints_.size(), kCheckpointsPerHeartbeat);
  for (std::size_t i = 0; i < collected_checkpoints_; ++i) {
    *request.add_checkpoints() = checkpoints_[i];
  }
  collected_news_ = News();
  if (stopping_) client_.Interrupt();  // the end came before this turn was armed
  return request;
}

void Agent::Deliver(const v1::HeartbeatResponse& response) {
  for (const v1::LogAck& ack : response.log_acks()) logs_.Acknowledge(ack);
  const std::lock_guard lock(mutex_);
  delivered_news_ = collected_news_;
  const auto taken = static_cast<std::ptrdiff_t>(collected_checkpoints_);
  checkpoints_.erase(checkpoints_.begin(), checkpoints_.begin() + taken);
  collected_checkpoints_ = 0;
  if (response.has_directive()) state_.DirectiveArrived(response.directive());
  Changed();
}

}  // namespace gvsl::agent
