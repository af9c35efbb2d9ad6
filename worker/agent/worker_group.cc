#include "worker/agent/worker_group.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>

#include "common/log.h"
#include "common/program_options.h"
#include "common/text.h"
#include "worker/agent/trainer_process.h"

namespace gvsl::agent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kFirstPause = std::chrono::seconds(1);
constexpr auto kLongestPause = std::chrono::seconds(30);
constexpr int kWrongUsage = 2;

struct Member {
  std::string device;
  std::vector<std::string> command;
  pid_t pid = 0;  // 0: does not run
  Clock::duration pause = kFirstPause;
  std::optional<Clock::time_point> restart;
  Clock::time_point started;
};

// A child of a process that is gone has nobody who would end it.
void Start(Member& member) {
  std::vector<char*> arguments;
  for (std::string& word : member.command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  member.restart.reset();
  member.started = Clock::now();
  const pid_t parent = ::getpid();
  member.pid = ::fork();
  if (member.pid != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  ::execv("/proc/self/exe", arguments.data());
  ::_exit(127);
}

class Group {
 public:
  explicit Group(std::vector<Member> members) : members_(std::move(members)) {
    ::sigemptyset(&signals_);
    for (const int number : {SIGTERM, SIGINT, SIGCHLD}) ::sigaddset(&signals_, number);
    if (!IsSignalIgnored(SIGHUP)) ::sigaddset(&signals_, SIGHUP);
    ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }

  int Run() {
    for (Member& member : members_) Start(member);
    while (std::ranges::any_of(
        members_, [](const Member& m) { return m.pid > 0 || m.restart.has_value(); })) {
      const timespec second = {1, 0};
      const int number = ::sigtimedwait(&signals_, nullptr, &second);
      if (number > 0 && number != SIGCHLD) HandOn(number);
      Reap();
      for (Member& member : members_) {
        if (member.restart && *member.restart <= Clock::now()) Start(member);
      }
    }
    return exit_status_;
  }

 private:
  void HandOn(int number) {
    leaving_ = true;
    for (Member& member : members_) {
      member.restart.reset();
      if (member.pid > 0) ::kill(member.pid, number);
    }
  }

  void Reap() {
    for (Member& member : members_) {
      int wait_status = 0;
      if (member.pid <= 0 || ::waitpid(member.pid, &wait_status, WNOHANG) != member.pid) continue;
      member.pid = 0;
      const int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 1;
      const bool over = leaving_ || status == 0 || status == kWrongUsage;
      if (status != 0) {
        if (over) exit_status_ = status;
        LogWarning("worker_ended",
                   {{"device", member.device}, {"how", DescribeWaitStatus(wait_status)}});
      }
      if (!over) PlanRestart(member);
    }
  }

  // One that had lived for a while is no rash one.
  static void PlanRestart(Member& member) {
    if (Clock::now() - member.started > 2 * kLongestPause) member.pause = kFirstPause;
    member.restart = Clock::now() + member.pause;
    member.pause = std::min<Clock::duration>(2 * member.pause, kLongestPause);
  }

  std::vector<Member> members_;
  sigset_t signals_{};
  bool leaving_ = false;
  int exit_status_ = 0;
};

bool PicksAPort(const std::string& address) { return address.ends_with(":0"); }

}  // namespace

StatusOr<std::vector<std::string>> MemberArguments(const WorkerOptions& group,
                                                   const std::string& device) {
  for (const auto& [option, address] :
       {std::pair<const char*, const std::string&>{"--listen", group.listen},
        {"--http", group.http}}) {
    if (PicksAPort(address)) continue;
    return InvalidArgumentError(Concat(option, " ", address,
                                       ": --device all starts several workers; port 0 picks one "
                                       "for each"));
  }
  std::string own = device;
  std::ranges::replace(own, ':', '-');
  return std::vector<std::string>{"--device",   device,
                                  "--name",     Concat(group.name, "-", own),
                                  "--work-dir", Concat(group.work_dir, "/", own)};
}

int RunGroup(const std::vector<std::string>& command_line, const WorkerOptions& group,
             const std::vector<std::string>& devices) {
  std::vector<Member> members;
  for (const std::string& device : devices) {
    const auto own = MemberArguments(group, device);
    if (!own.ok()) {
      LogError("worker_ends", {{"reason", own.status()}});
      return kWrongUsage;
    }
    Member& member = members.emplace_back();
    member.device = device;
    member.command = command_line;
    member.command.insert(member.command.end(), own->begin(), own->end());
  }
  return Group(std::move(members)).Run();
}

}  // namespace gvsl::agent
