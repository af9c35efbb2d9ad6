// What the threads of a trainer process hold: its number, its pipes, and whom to call. It outlives
// the TrainerProcess object when that is abandoned.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "common/message_pipe.h"
#include "worker/agent/trainer_process.h"

namespace gvsl::agent {

// Thread-safe.
struct TrainerChild {
  TrainerChild(pid_t process, int pipe_end, int output_end, TrainerCallbacks to_call)
      : pid(process), pipe(pipe_end), output(output_end), callbacks(std::move(to_call)) {}
  ~TrainerChild() { ::close(output); }

  void Kill() {
    const std::lock_guard lock(reap_mutex);
    if (!reaped) ::kill(pid, SIGKILL);  // its number is its own until it is reaped
  }
  void Silence() {
    const std::lock_guard lock(call_mutex);
    silent = true;
  }
  template <typename Callback, typename Argument>
  void Call(const Callback& callback, const Argument& argument) {
    const std::shared_lock lock(call_mutex);
    if (!silent) callback(argument);
  }
  void ReadEvents();
  void ReadOutput();
  // Whether the process has ended. It stays a zombie; without `wait`, looks and returns at once.
  bool HasEnded(bool wait) const;
  std::string Reap();

  const pid_t pid;
  MessagePipe pipe;
  const int output;
  const TrainerCallbacks callbacks;
  std::shared_mutex call_mutex;  // held shared during a callback
  bool silent = false;
  std::mutex reap_mutex;
  std::atomic<bool> reaped = false;
};

}  // namespace gvsl::agent
