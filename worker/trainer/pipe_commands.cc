#include "worker/trainer/pipe_commands.h"

#include <utility>

#include "worker/trainer/pipe_messages.h"

namespace gvsl::trainer {

void Order::Stop(StopVote vote) {
  flag_.Raise(vote);
  if (vote != StopVote::kNow) return;
  source_.request_stop();
  const std::lock_guard lock(mutex_);
  if (communicator_ != nullptr) communicator_->Abort(AbortedError("told to stop at once"));
}

void Order::SetCommunicator(collective::Communicator* communicator) {
  const std::lock_guard lock(mutex_);
  communicator_ = communicator;
  if (communicator != nullptr && flag_.vote() == StopVote::kNow) {
    communicator->Abort(AbortedError("told to stop at once"));
  }
}

Status PipeCommands::Receive() {
  while (true) {
    GVSL_ASSIGN_OR_RETURN(const std::string message, pipe_.Receive());
    v1::TrainerCommand command;
    if (!command.ParseFromString(message)) return DataLossError("the pipe holds no command");
    if (command.has_exit()) {
      together_ = command.exit().together();
      return OkStatus();
    }
    if (command.has_assignment()) Take(command.assignment());
    if (command.has_stop()) Take(command.stop());
  }
}

void PipeCommands::Take(const v1::Assignment& assignment) {
  const std::lock_guard lock(mutex_);
  if (newest_ != nullptr) newest_->Stop(StopVote::kNow);
  newest_ = waiting_ = std::make_shared<Order>(assignment);
  arrived_.notify_all();
}

void PipeCommands::Take(const v1::StopOrder& stop) {
  const std::lock_guard lock(mutex_);
  if (newest_ == nullptr || newest_->assignment().generation() != stop.generation()) return;
  newest_->Stop(StopVoteOf(stop.mode()));
}

std::shared_ptr<Order> PipeCommands::Next() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return waiting_ != nullptr; });
  return std::exchange(waiting_, nullptr);
}

}  // namespace gvsl::trainer
