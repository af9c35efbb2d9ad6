#include "cli/core/interrupt.h"

#include <utility>

namespace gvsl::cli {

Interrupt::Guard::Guard(Interrupt& interrupt, std::function<void()> on_interrupt)
    : interrupt_(interrupt) {
  const std::lock_guard lock(interrupt_.mutex_);
  id_ = interrupt_.next_id_++;
  if (interrupt_.signal_number_ != 0) on_interrupt();
  interrupt_.guards_.emplace(id_, std::move(on_interrupt));
}

Interrupt::Guard::~Guard() {
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.guards_.erase(id_);
}

void Interrupt::Request(int signal_number) {
  const std::lock_guard lock(mutex_);
  if (signal_number_ != 0) return;
  signal_number_ = signal_number;
  for (const auto& [id, on_interrupt] : guards_) on_interrupt();
  changed_.notify_all();
}

bool Interrupt::requested() const {
  const std::lock_guard lock(mutex_);
  return signal_number_ != 0;
}

int Interrupt::exit_code() const {
  const std::lock_guard lock(mutex_);
  return 128 + signal_number_;
}

bool Interrupt::WaitFor(std::chrono::nanoseconds duration) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, duration, [this] { return signal_number_ != 0; });
}

}  // namespace gvsl::cli
