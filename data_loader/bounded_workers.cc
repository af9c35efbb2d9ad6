#include "data_loader/bounded_workers.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <thread>

namespace gvsl::data_loader {
namespace {

Status Caught(const std::function<Status(std::size_t)>& work, std::size_t piece) {
  try {
    return work(piece);
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError("no memory is left");
  } catch (const std::exception&) {
    return InternalError("a library failed");
  }
}

class Workers {
 public:
  Workers(const std::vector<std::uint64_t>& needs, const WorkBounds& bounds,
          const std::function<bool()>& stop, const std::function<Status(std::size_t)>& work)
      : needs_(needs), budget_(bounds.memory_bytes), stop_(stop), work_(work) {}

  void Loop() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return IsOver() || FitsNext(); });
      if (IsOver()) return;
      if (stop_ && stop_()) {
        Fail(CancelledError("stopped"));
        return;
      }
      const std::size_t piece = next_++;
      in_use_ += needs_[piece];
      ++at_work_;
      lock.unlock();
      Status status = Caught(work_, piece);
      lock.lock();
      in_use_ -= needs_[piece];
      --at_work_;
      if (!status.ok()) Fail(std::move(status));
      changed_.notify_all();
    }
  }

  Status status() const { return status_; }

 private:
  bool IsOver() const { return !status_.ok() || next_ == needs_.size(); }
  bool FitsNext() const {
    return at_work_ == 0 || budget_ == 0 || in_use_ + needs_[next_] <= budget_;
  }
  void Fail(Status status) {
    if (status_.ok()) status_ = std::move(status);
    changed_.notify_all();
  }

  const std::vector<std::uint64_t>& needs_;
  const std::uint64_t budget_;
  const std::function<bool()>& stop_;
  const std::function<Status(std::size_t)>& work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;
  std::uint64_t in_use_ = 0;
  int at_work_ = 0;
  Status status_;
};

}  // namespace

Status RunBounded(const std::vector<std::uint64_t>& needs, const WorkBounds& bounds,
                  const std::function<bool()>& stop,
                  const std::function<Status(std::size_t)>& work) {
  Workers workers(needs, bounds, stop, work);
  std::vector<std::jthread> helpers;
  const std::size_t threads = std::min<std::size_t>(std::max(1U, bounds.threads), needs.size());
  for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back([&] { workers.Loop(); });
  workers.Loop();
  helpers.clear();
  return workers.status();
}

}  // namespace gvsl::data_loader
