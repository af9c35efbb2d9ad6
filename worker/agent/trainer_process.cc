#include "worker/agent/trainer_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "common/text.h"

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 does not say it for C++
}

namespace gvsl::agent {
namespace {

constexpr int kPipeDescriptor = 3;
// A process whose pipe ended is normally gone a moment later.
constexpr int kGraceMilliseconds = 2000;
constexpr std::size_t kLongestLine = 64 * 1024;

// Between fork and exec only async-signal-safe calls are allowed.
[[noreturn]] void BecomeTrainer(char* const* arguments, int pipe, int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  // Ctrl-C and a signal to the process group reach the trainer too; only the agent decides.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
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

std::string DescribeWaitStatus(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int number = WTERMSIG(wait_status);
    return Concat("signal ", number, " (", ::strsignal(number), ")");
  }
  return Concat("exit status ", WEXITSTATUS(wait_status));
}

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
  return std::unique_ptr<TrainerProcess>(
      new TrainerProcess(pid, ::pidfd_open(pid, 0), ends.first, output[0], std::move(callbacks)));
}

TrainerProcess::TrainerProcess(pid_t pid, int process_handle, int pipe, int output,
                               TrainerCallbacks callbacks)
    : pid_(pid),
      process_handle_(process_handle),
      pipe_(pipe),
      output_(output),
      callbacks_(std::move(callbacks)),
      events_thread_([this] { ReadEvents(); }),
      output_thread_([this] { ReadOutput(); }) {}

TrainerProcess::~TrainerProcess() {
  Kill();
  events_thread_.join();
  output_thread_.join();
  ::close(output_);
  ::close(process_handle_);
}

Status TrainerProcess::Send(const v1::TrainerCommand& command) {
  return pipe_.Send(command.SerializeAsString());
}

void TrainerProcess::Kill() { ::pidfd_send_signal(process_handle_, SIGKILL, nullptr, 0); }

void TrainerProcess::ReadEvents() {
  while (true) {
    const auto message = pipe_.Receive();
    if (!message.ok()) break;
    v1::TrainerEvent event;
    if (!event.ParseFromString(*message)) break;  // not our trainer: it is ended
    callbacks_.on_event(event);
  }
  callbacks_.on_exit(Reap());
}

std::string TrainerProcess::Reap() {
  pollfd handle{.fd = process_handle_, .events = POLLIN, .revents = 0};
  while (::poll(&handle, 1, kGraceMilliseconds) < 0 && errno == EINTR) {
  }
  if ((handle.revents & POLLIN) == 0) Kill();
  int wait_status = 0;
  while (::waitpid(pid_, &wait_status, 0) < 0 && errno == EINTR) {
  }
  return DescribeWaitStatus(wait_status);
}

void TrainerProcess::ReadOutput() {
  std::string pending;
  std::array<char, 16 * 1024> buffer{};
  while (true) {
    const ssize_t count = ::read(output_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    pending.append(buffer.data(), static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1) {
      callbacks_.on_output(std::string_view(pending).substr(begin, end - begin));
    }
    pending.erase(0, begin);
    if (pending.size() >= kLongestLine) {
      callbacks_.on_output(pending);
      pending.clear();
    }
  }
  if (!pending.empty()) callbacks_.on_output(pending);
}

}  // namespace gvsl::agent
