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
  WorkerOptions options;
  pid_t pid = 0;  // 0: does not run
  Clock::duration pause = kFirstPause;
  std::optional<Clock::time_point> restart;
  Clock::time_point started;
};

class Group {
 public:
  Group(std::vector<Member> members, const std::function<void(const WorkerOptions&)>& work)
      : members_(std::move(members)), work_(work) {
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
  void Start(Member& member) {
    member.restart.reset();
    member.started = Clock::now();
    const pid_t group = ::getpid();
    member.pid = ::fork();
    if (member.pid != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // nobody else would end it
    if (::getppid() == group) work_(member.options);
    ::_exit(1);
  }

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
                   {{"device", member.options.device}, {"how", DescribeWaitStatus(wait_status)}});
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
  const std::function<void(const WorkerOptions&)>& work_;
  sigset_t signals_{};
  bool leaving_ = false;
  int exit_status_ = 0;
};

bool PicksAPort(const std::string& address) { return address.ends_with(":0"); }

}  // namespace

StatusOr<WorkerOptions> MemberOptions(const WorkerOptions& group, const std::string& device) {
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
  WorkerOptions member = group;
  member.device = device;
  member.name = Concat(group.name, "-", own);
  member.work_dir = Concat(group.work_dir, "/", own);
  return member;
}

int RunGroup(const WorkerOptions& group, const std::vector<std::string>& devices,
             const std::function<void(const WorkerOptions&)>& work) {
  std::vector<Member> members;
  for (const std::string& device : devices) {
    auto options = MemberOptions(group, device);
    if (!options.ok()) {
      LogError("worker_ends", {{"reason", options.status()}});
      return kWrongUsage;
    }
    members.emplace_back().options = *std::move(options);
  }
  return Group(std::move(members), work).Run();
}

}  // namespace gvsl::agent
