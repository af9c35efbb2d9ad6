// The trainer as a child process: started, spoken to over a socket pair (the child's end is file
// descriptor 3), watched, ended. It stays in the agent's process group and dies with it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/status.h"
#include "gvsl/v1/trainer_pipe.pb.h"

namespace gvsl::agent {

// Called from the process's own threads, never after its destructor or Abandon returned.
struct TrainerCallbacks {
  std::function<void(const v1::TrainerEvent&)> on_event;
  std::function<void(std::string_view line)>
      on_output;  // standard output and error, without newline
  // Once, after the last on_event, when the process is gone: "exit status 1", "signal 9 (Killed)".
  std::function<void(const std::string& how)> on_exit;
};

struct TrainerChild;

class TrainerProcess {
 public:
  // `command` is the program's path and its arguments. Call from a thread that lives as long as the
  // trainer shall: the kernel kills the child (PR_SET_PDEATHSIG) when the thread that started it
  // ends. Errors: those of pipe, socketpair and fork; a program that cannot be executed ends with
  // exit status 127.
  static StatusOr<std::unique_ptr<TrainerProcess>> Start(const std::vector<std::string>& command,
                                                         TrainerCallbacks callbacks);
  // Kills the process if it still lives, waits for its end and its last callbacks. A process that
  // the kernel can not end (uninterruptible sleep) holds up the destructor: Abandon it first.
  ~TrainerProcess();
  TrainerProcess(const TrainerProcess&) = delete;
  TrainerProcess& operator=(const TrainerProcess&) = delete;

  // UNAVAILABLE when the process is gone.
  Status Send(const v1::TrainerCommand& command);
  // SIGKILL; on_exit follows.
  void Kill();
  // Kills it and waits for nothing: no callback comes any more, and the process is reaped whenever
  // it ends. Not from a callback, nor with a lock that a callback takes.
  void Abandon();
  pid_t pid() const;

 private:
  explicit TrainerProcess(std::shared_ptr<TrainerChild> child);

  std::shared_ptr<TrainerChild> child_;
  std::thread events_thread_;
  std::thread output_thread_;
};

// "exit status 1" or "signal 9 (Killed)" for what waitpid gives.
std::string DescribeWaitStatus(int wait_status);

}  // namespace gvsl::agent
