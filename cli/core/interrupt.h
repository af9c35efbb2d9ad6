// Ctrl-C as a value: the signal thread (or a test) requests, whoever waits is woken.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>

namespace gvsl::cli {

// Thread-safe.
class Interrupt {
 public:
  // Runs `on_interrupt` when somebody requests (at once if somebody has), from the requesting
  // thread; never after the destructor has returned.
  class Guard {
   public:
    Guard(Interrupt& interrupt, std::function<void()> on_interrupt);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Interrupt& interrupt_;
    int id_;
  };

  // `signal_number` becomes the exit status 128 + number.
  void Request(int signal_number);
  bool requested() const;
  int exit_code() const;
  // Returns early, with true, when somebody requests.
  bool WaitFor(std::chrono::nanoseconds duration);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int signal_number_ = 0;
  int next_id_ = 0;
  std::map<int, std::function<void()>> guards_;
};

}  // namespace gvsl::cli
