#include "cli/core/idle_limit.h"

namespace gvsl::cli {

IdleLimit::IdleLimit(grpc::ClientContext& call, Duration limit)
    : call_(call), thread_([this, limit] { Wait(limit); }) {}

IdleLimit::~IdleLimit() {
  Stop();
  thread_.join();
}

void IdleLimit::Feed() {
  const std::lock_guard lock(mutex_);
  fed_ = true;
  changed_.notify_one();
}

void IdleLimit::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_one();
}

bool IdleLimit::expired() const {
  const std::lock_guard lock(mutex_);
  return expired_;
}

void IdleLimit::Wait(Duration limit) {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    fed_ = false;
    if (changed_.wait_for(lock, limit, [this] { return fed_ || stopped_; })) continue;
    expired_ = true;
    call_.TryCancel();
    return;
  }
}

}  // namespace gvsl::cli
