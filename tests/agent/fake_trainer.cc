// Speaks the trainer's side of the pipe. The job's name is the script:
//   runs      FORMING, RUNNING at step 10, STOPPED when told to (with a checkpoint if asked for),
//             FINISHED with a checkpoint on SIGUSR1
//   hangs     RUNNING; obeys no stop and no exit
//   clings    as hangs, and a process of its own holds its pipes for some seconds after its death
//   crashes   ends by SIGABRT when it gets the assignment
// It says that this machine has two GPUs.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

#include "common/message_pipe.h"
#include "common/text.h"
#include "gvsl/v1/trainer_pipe.pb.h"

namespace {

using gvsl::v1::StopOrder;
using gvsl::v1::TrainerReport;

class FakeTrainer {
 public:
  int Run() {
    ::sigemptyset(&finish_signal_);
    ::sigaddset(&finish_signal_, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &finish_signal_, nullptr);
    std::thread([this] { FinishOnSignal(); }).detach();
    gvsl::v1::TrainerEvent hello;
    hello.mutable_numeric_class()->set_name("fake/1");
    Send(hello);
    report_.set_peer_address(gvsl::Concat("127.0.0.1:", ::getpid()));
    Report(TrainerReport::STATE_IDLE);
    std::cerr << "ready" << std::endl;
    while (true) {
      const auto message = pipe_.Receive();
      gvsl::v1::TrainerCommand command;
      if (!message.ok() || !command.ParseFromString(*message)) return 1;
      const std::lock_guard lock(mutex_);
      if (command.has_exit() && !Hangs()) return 0;
      if (command.has_assignment()) Begin(command.assignment());
      if (command.has_stop() && !Hangs()) Stop(command.stop());
    }
  }

 private:
  bool Hangs() const { return job_ == "hangs" || job_ == "clings"; }

  void Begin(const gvsl::v1::Assignment& assignment) {
    job_ = assignment.job_name();
    std::cerr << "job " << job_ << " generation " << assignment.generation() << std::endl;
    if (job_ == "crashes") std::abort();
    if (job_ == "clings" && ::fork() == 0) {
      ::sleep(5);
      ::_exit(0);
    }
    report_.set_job_uid(assignment.job_uid());
    report_.set_generation(assignment.generation());
    Report(TrainerReport::STATE_FORMING);
    report_.set_holds_state(true);
    report_.set_step(10);
    report_.mutable_progress()->set_step(10);
    report_.mutable_progress()->set_slot_seconds(0.001);
    report_.mutable_progress()->set_step_seconds(0.004);
    (*report_.mutable_progress()->mutable_losses())["total"] = 0.5;
    (*report_.mutable_progress()->mutable_phase_seconds())["forward"] = 0.002;
    Report(TrainerReport::STATE_RUNNING);
  }

  void Stop(const StopOrder& stop) {
    if (stop.generation() != report_.generation()) return;
    if (stop.mode() == StopOrder::MODE_CHECKPOINT) Checkpoint();
    Report(TrainerReport::STATE_STOPPED);
  }

  void FinishOnSignal() {
    int number = 0;
    ::sigwait(&finish_signal_, &number);
    const std::lock_guard lock(mutex_);
    Checkpoint();
    Report(TrainerReport::STATE_FINISHED);
  }

  void Checkpoint() {
    gvsl::v1::TrainerEvent event;
    event.mutable_checkpoint()->set_job_uid(report_.job_uid());
    event.mutable_checkpoint()->set_generation(report_.generation());
    event.mutable_checkpoint()->mutable_checkpoint()->set_step(report_.step());
    Send(event);
  }

  void Report(TrainerReport::State state) {
    report_.set_state(state);
    gvsl::v1::TrainerEvent event;
    *event.mutable_report() = report_;
    Send(event);
  }

  void Send(const gvsl::v1::TrainerEvent& event) {
    if (!pipe_.Send(event.SerializeAsString()).ok()) std::exit(1);
  }

  gvsl::MessagePipe pipe_{3};
  sigset_t finish_signal_{};
  std::mutex mutex_;
  TrainerReport report_;
  std::string job_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "--list-devices") {
    std::cout << "cuda:0 Scripted\ncuda:1 Scripted" << std::endl;
    return 0;
  }
  std::_Exit(FakeTrainer().Run());
}
