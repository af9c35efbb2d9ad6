#include "cli/local/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include "common/text.h"

namespace gvsl::cli::local {
namespace {

// Fields 3 (state) and 22 (start time) of /proc/PID/stat; the name before them may hold anything.
std::optional<std::uint64_t> ReadStartTicks(int pid) {
  std::ifstream file(Concat("/proc/", pid, "/stat"));
  std::string line;
  if (!std::getline(file, line) || line.rfind(')') == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string state, skipped;
  fields >> state;
  if (state == "Z" || state == "X") return std::nullopt;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  std::uint64_t start_ticks = 0;
  if (!(fields >> start_ticks)) return std::nullopt;
  return start_ticks;
}

class SpawnSettings {
 public:
  explicit SpawnSettings(const Launch& launch) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, 1, launch.output_path.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_addopen(&actions_, 2, launch.log_path.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
    posix_spawn_file_actions_addchdir_np(&actions_, launch.directory.c_str());
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// This process's environment, without what would make servers on loopback speak TLS to this
// program.
std::vector<char*> Surroundings() {
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const bool left_out = text.starts_with("GVSL_TLS_") || text.starts_with("GVSL_INSECURE=") ||
                          text.starts_with("GVSL_CONFIG=");
    if (!left_out) variables.push_back(*variable);
  }
  variables.push_back(nullptr);
  return variables;
}

}  // namespace

bool ProcessIdentity::Alive() const { return pid > 0 && ReadStartTicks(pid) == start_ticks; }

void ProcessIdentity::Signal(int signal_number) const {
  if (Alive()) kill(pid, signal_number);
}

StatusOr<ProcessIdentity> Start(const Launch& launch) {
  const SpawnSettings settings(launch);
  std::vector<char*> arguments;
  for (const std::string& argument : launch.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  std::vector<char*> surroundings = Surroundings();
  ProcessIdentity process;
  const int error = posix_spawn(&process.pid, arguments[0], settings.actions(),
                                settings.attributes(), arguments.data(), surroundings.data());
  if (error != 0) return ErrnoError(error, Concat("starting ", launch.arguments[0]));
  process.start_ticks = ReadStartTicks(process.pid).value_or(0);  // 0: it has ended already
  return process;
}

}  // namespace gvsl::cli::local
