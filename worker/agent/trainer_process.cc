#include "worker/agent/trainer_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "common/message_pipe.h"
#include "common/text.h"
#include "worker/agent/trainer_child.h"

namespace gvsl::agent {
namespace {

constexpr int kPipeDescriptor = 3;

// Between fork and exec only async-signal-safe calls are allowed.
[[noreturn]] void BecomeTrainer(char* const* arguments, int pipe, int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  // Ctrl-C, a closed terminal and a signal to the process group reach the trainer too; only the
  // agent decides.
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_IGN);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  // Out of the way of 0 to 3 first, so that no dup2 overwrites what is still needed.
  pipe = ::fcntl(pipe, F_DUPFD, 10);
  output = ::fcntl(output, F_DUPFD, 10);
  const int null = ::open("/dev/null", O_RDONLY);
  if (pipe < 0 || output < 0 || null < 0) ::_exit(126);
  ::dup2(null, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::dup2(pipe, kPipeDescriptor);
  ::close_range(kPipeDescriptor + 1, ~0U, 0);
  ::execv(arguments[0], arguments);
  constexpr char kMessage[] = "the trainer program cannot be executed\n";
  [[maybe_unused]] const ssize_t written = ::write(2, kMessage, sizeof(kMessage) - 1);
  ::_exit(127);
}

}  // namespace

StatusOr<std::unique_ptr<TrainerProcess>> TrainerProcess::Start(
    const std::vector<std::string>& command, TrainerCallbacks callbacks) {
  GVSL_ASSIGN_OR_RETURN(const auto ends, MakeMessagePipePair());
  std::array<int, 2> output{};
  if (::pipe2(output.data(), O_CLOEXEC) != 0) {
    const int error = errno;
    ::close(ends.first);
    ::close(ends.second);
    return ErrnoError(error, "pipe");
  }
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) BecomeTrainer(arguments.data(), ends.second, output[1], parent);
  const int error = errno;
  ::close(ends.second);
  ::close(output[1]);
  if (pid < 0) {
    ::close(ends.first);
    ::close(output[0]);
    return ErrnoError(error, "fork");
  }
  auto child = std::make_shared<TrainerChild>(pid, ends.first, output[0], std::move(callbacks));
  return std::unique_ptr<TrainerProcess>(new TrainerProcess(std::move(child)));
}

TrainerProcess::TrainerProcess(std::shared_ptr<TrainerChild> child)
    : child_(std::move(child)),
      events_thread_([child = child_] { child->ReadEvents(); }),
      output_thread_([child = child_] { child->ReadOutput(); }) {}

TrainerProcess::~TrainerProcess() {
  if (!events_thread_.joinable()) return;
  Kill();
  events_thread_.join();
  output_thread_.join();
}

Status TrainerProcess::Send(const v1::TrainerCommand& command) {
  return child_->pipe.Send(command.SerializeAsString());
}

void TrainerProcess::Kill() { child_->Kill(); }

void TrainerProcess::Abandon() {
  child_->Silence();
  child_->Kill();
  child_->pipe.Shutdown();  // a process of its own may hold the other end
  events_thread_.detach();
  output_thread_.detach();
}

pid_t TrainerProcess::pid() const { return child_->pid; }

}  // namespace gvsl::agent
