#include "worker/collective/grpc_rendezvous.h"

#include <algorithm>

#include "common/text.h"

namespace gvsl::collective {
namespace {

constexpr Duration kLookAgain = std::chrono::milliseconds(100);

}  // namespace

Status Rendezvous::Open(const v1::Hello& own, std::size_t ranks) {
  Lock lock(mutex_);
  if (own.job_uid() == own_.job_uid() && own.generation() <= own_.generation()) {
    return FailedPreconditionError(Concat("generation ", own.generation(), " of job ",
                                          own.job_uid(), " is not newer than ", own_.generation()));
  }
  own_ = own;
  ranks_ = ranks;
  open_ = true;
  admitted_.clear();
  arrivals_.clear();
  changed_.notify_all();
  return OkStatus();
}

void Rendezvous::Close() {
  Lock lock(mutex_);
  open_ = false;
  arrivals_.clear();
}

void Rendezvous::Shutdown() {
  Lock lock(mutex_);
  shut_down_ = true;
  changed_.notify_all();
}

StatusOr<v1::Hello> Rendezvous::Admit(const v1::Hello& peer, Duration patience,
                                      const std::function<bool()>& is_gone) {
  const TimePoint deadline = std::chrono::steady_clock::now() + patience;
  Lock lock(mutex_);
  for (;;) {
    const Status judgement = Judge(peer);
    const TimePoint now = std::chrono::steady_clock::now();
    const bool waits = judgement.code() == StatusCode::kUnavailable && now < deadline;
    if (!judgement.ok() && !waits) return judgement;
    if (shut_down_ || is_gone()) return UnavailableError("nobody waits any more");
    if (judgement.ok()) break;
    changed_.wait_until(lock, std::min(deadline, now + kLookAgain));
  }
  admitted_.push_back(peer.rank());
  return own_;
}

void Rendezvous::Withdraw(const v1::Hello& peer) {
  Lock lock(mutex_);
  if (peer.generation() == own_.generation()) std::erase(admitted_, peer.rank());
}

Status Rendezvous::Judge(const v1::Hello& peer) const {
  const std::string who = Concat("rank ", peer.rank(), " of generation ", peer.generation());
  if (own_.job_uid().empty()) return UnavailableError(who + " came before any job");
  if (peer.job_uid() != own_.job_uid()) {
    return FailedPreconditionError(
        Concat(who, " of job ", peer.job_uid(), " called a trainer of job ", own_.job_uid()));
  }
  if (peer.generation() > own_.generation()) return UnavailableError(who + " came early");
  if (peer.generation() < own_.generation() || !open_) {
    return FailedPreconditionError(
        Concat(who, " is refused: generation ", own_.generation(), " stands"));
  }
  if (peer.rank() <= own_.rank() || peer.rank() >= ranks_ ||
      std::ranges::count(admitted_, peer.rank()) > 0) {
    return FailedPreconditionError(Concat(who, " called rank ", own_.rank(), " out of turn"));
  }
  return OkStatus();
}

void Rendezvous::Deliver(std::uint64_t generation, Arrival arrival) {
  Lock lock(mutex_);
  if (!open_ || generation != own_.generation()) return;
  arrivals_.push_back(std::move(arrival));
  changed_.notify_all();
}

std::vector<Rendezvous::Arrival> Rendezvous::Arrivals(Duration timeout) {
  Lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return !arrivals_.empty(); });
  return std::exchange(arrivals_, {});
}

}  // namespace gvsl::collective
