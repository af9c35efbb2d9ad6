// Real processes for tests: started, watched, killed by their id, never left behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gvsl::testing_process {

// A running program. Standard output and error go to files, so that nothing blocks on a pipe.
// Destroying it kills it.
class Process {
 public:
  struct Options {
    std::vector<std::string> arguments;              // the program's path first
    std::string output_prefix;                       // PREFIX.out and PREFIX.err
    std::map<std::string, std::string> environment;  // added to this process'
  };
  explicit Process(const Options& options);
  ~Process();
  Process(Process&&) noexcept;
  Process& operator=(Process&&) = delete;
  Process(const Process&) = delete;

  pid_t id() const { return id_; }
  void Signal(int signal_number) const;
  // The exit status, or 128 + the signal; nothing when it still runs at the deadline.
  std::optional<int> WaitFor(std::chrono::milliseconds limit);
  bool IsRunning();
  std::string Output() const;
  std::string Errors() const;
  // Its child processes now.
  std::vector<pid_t> Children() const;

 private:
  pid_t id_ = -1;
  std::optional<int> status_;
  std::string prefix_;
};

struct Finished {
  int status = -1;  // 124 when it had to be killed at the limit
  std::string output;
  std::string errors;
};
Finished RunProgram(const Process::Options& options,
                    std::chrono::milliseconds limit = std::chrono::seconds(60));

// Polls until the condition holds; false at the deadline.
bool Eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = std::chrono::seconds(60),
                std::chrono::milliseconds interval = std::chrono::milliseconds(20));

// The body of http://ADDRESS/PATH; empty when nobody answers.
std::string HttpGet(const std::string& address, const std::string& path);

std::string ReadWholeFile(const std::string& path);

}  // namespace gvsl::testing_process
