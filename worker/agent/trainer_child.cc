#include "worker/agent/trainer_child.h"

#include <poll.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "common/text.h"

namespace gvsl::agent {
namespace {

// A process whose pipe ended is normally gone a moment later.
constexpr auto kGrace = std::chrono::seconds(2);
constexpr auto kLook = std::chrono::milliseconds(10);
constexpr int kOutputMilliseconds = 200;
constexpr std::size_t kLongestLine = 64 * 1024;

}  // namespace

std::string DescribeWaitStatus(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int number = WTERMSIG(wait_status);
    return Concat("signal ", number, " (", ::strsignal(number), ")");
  }
  return Concat("exit status ", WEXITSTATUS(wait_status));
}

void TrainerChild::ReadEvents() {
  while (true) {
    const auto message = pipe.Receive();
    if (!message.ok()) break;
    v1::TrainerEvent event;
    if (!event.ParseFromString(*message)) break;  // not our trainer: it is ended
    Call(callbacks.on_event, event);
  }
  Call(callbacks.on_exit, Reap());
}

bool TrainerChild::HasEnded(bool wait) const {
  siginfo_t info{};
  const int options = WEXITED | WNOWAIT | (wait ? 0 : WNOHANG);
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, options) < 0) {
    if (errno != EINTR) return true;
  }
  return info.si_pid == pid;
}

std::string TrainerChild::Reap() {
  const auto until = std::chrono::steady_clock::now() + kGrace;
  bool ended = HasEnded(/*wait=*/false);
  while (!ended && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kLook);
    ended = HasEnded(/*wait=*/false);
  }
  if (!ended) Kill();
  (void)HasEnded(/*wait=*/true);
  const std::lock_guard lock(reap_mutex);
  int wait_status = 0;
  while (::waitpid(pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  reaped = true;
  return DescribeWaitStatus(wait_status);
}

void TrainerChild::ReadOutput() {
  std::string pending;
  std::array<char, 16 * 1024> buffer{};
  while (true) {
    // A process of the trainer's own may hold the other end for as long as it likes.
    pollfd ready{.fd = output, .events = POLLIN, .revents = 0};
    const int answers = ::poll(&ready, 1, kOutputMilliseconds);
    if (answers < 0 && errno == EINTR) continue;
    if (answers == 0 && !reaped) continue;
    if (answers <= 0) break;
    const ssize_t count = ::read(output, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    pending.append(buffer.data(), static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1) {
      Call(callbacks.on_output, std::string_view(pending).substr(begin, end - begin));
    }
    pending.erase(0, begin);
    if (pending.size() >= kLongestLine) {
      Call(callbacks.on_output, std::string_view(pending));
      pending.clear();
    }
  }
  if (!pending.empty()) Call(callbacks.on_output, std::string_view(pending));
}

}  // namespace gvsl::agent
