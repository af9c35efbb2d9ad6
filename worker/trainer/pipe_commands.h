// What the agent tells the trainer: the newest assignment waits for the thread that trains, a stop
// reaches it in the middle of a generation.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

#include "common/message_pipe.h"
#include "gvsl/v1/trainer_pipe.pb.h"
#include "worker/collective/communicator.h"
#include "worker/trainer/stop_flag.h"

namespace gvsl::trainer {

// One assignment, and every way to be stopped in it. Thread-safe.
class Order {
 public:
  explicit Order(v1::Assignment assignment) : assignment_(std::move(assignment)) {}

  const v1::Assignment& assignment() const { return assignment_; }
  const StopFlag& stop_flag() const { return flag_; }
  // Requested with StopVote::kNow, for what waits before there is a communicator.
  std::stop_token stop_token() const { return source_.get_token(); }
  void Stop(StopVote vote);
  // From now on a stop at once aborts `communicator`; null before it goes.
  void SetCommunicator(collective::Communicator* communicator);

 private:
  const v1::Assignment assignment_;
  StopFlag flag_;
  std::stop_source source_;
  std::mutex mutex_;
  collective::Communicator* communicator_ = nullptr;
};

// One thread calls Receive, one calls Next.
class PipeCommands {
 public:
  explicit PipeCommands(MessagePipe& pipe) : pipe_(pipe) {}

  // Takes commands until the exit order (OK) or the end of the pipe (OUT_OF_RANGE).
  Status Receive();
  // Blocks for the next assignment. An order that is running is stopped at once by a newer one.
  std::shared_ptr<Order> Next();
  // Once Receive has returned OK: every rank ends now, and leaves MPI together with the others.
  bool together() const { return together_; }

 private:
  void Take(const v1::Assignment& assignment);
  void Take(const v1::StopOrder& stop);

  MessagePipe& pipe_;
  bool together_ = false;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::shared_ptr<Order> waiting_;
  std::shared_ptr<Order> newest_;
};

}  // namespace gvsl::trainer
