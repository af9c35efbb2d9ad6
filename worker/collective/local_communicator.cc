#include "worker/collective/local_communicator.h"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "common/text.h"
#include "worker/collective/mesh_communicator.h"

namespace gvsl::collective {
namespace {

// One direction of a pair.
struct Lane {
  std::deque<std::span<const std::byte>> messages;
  bool being_read = false;
};

// What the ranks share; everything is guarded by `mutex`.
struct Hub {
  explicit Hub(int ranks) : lanes(ranks, std::vector<Lane>(ranks)), gone(ranks) {}

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::vector<Lane>> lanes;  // [from][to]
  std::vector<bool> gone;
  Status failure;
  std::vector<int> lost;
};

class LocalTransport final : public PeerTransport {
 public:
  LocalTransport(std::shared_ptr<Hub> hub, int rank) : hub_(std::move(hub)), rank_(rank) {}
  ~LocalTransport() override;

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(hub_->gone.size()); }
  void Send(int to, std::span<const std::byte> bytes) override;
  Status Receive(int from, std::span<std::byte> bytes) override;
  Status Flush() override;
  void Abort(const Status& why) override;
  std::vector<int> LostRanks() const override;
  Status failure() const override;

 private:
  using Lock = std::unique_lock<std::mutex>;
  // The first failure counts, for all ranks.
  void Fail(Status why, std::vector<int> lost = {});
  void Lose(int peer) { Fail(UnavailableError(Concat("rank ", peer, " is gone")), {peer}); }
  void WaitUntilUnread(Lock& lock);

  const std::shared_ptr<Hub> hub_;
  const int rank_;
};

LocalTransport::~LocalTransport() {
  Lock lock(hub_->mutex);
  hub_->gone[rank_] = true;
  hub_->changed.notify_all();
  WaitUntilUnread(lock);
}

void LocalTransport::Send(int to, std::span<const std::byte> bytes) {
  assert(to != rank_);
  Lock lock(hub_->mutex);
  hub_->lanes[rank_][to].messages.push_back(bytes);
  hub_->changed.notify_all();
}

Status LocalTransport::Receive(int from, std::span<std::byte> bytes) {
  assert(from != rank_);
  Lock lock(hub_->mutex);
  Lane& lane = hub_->lanes[from][rank_];
  hub_->changed.wait(
      lock, [&] { return !hub_->failure.ok() || hub_->gone[from] || !lane.messages.empty(); });
  if (!hub_->failure.ok()) return hub_->failure;
  if (hub_->gone[from]) {
    Lose(from);
    return hub_->failure;
  }
  const std::span<const std::byte> message = lane.messages.front();
  if (message.size() != bytes.size()) {
    return InvalidArgumentError(Concat("rank ", rank_, " awaits ", bytes.size(), " bytes of rank ",
                                       from, ", which sent ", message.size()));
  }
  lane.being_read = true;
  lock.unlock();
  std::ranges::copy(message, bytes.begin());
  lock.lock();
  lane.being_read = false;
  lane.messages.pop_front();
  hub_->changed.notify_all();
  return hub_->failure;
}

Status LocalTransport::Flush() {
  Lock lock(hub_->mutex);
  for (int peer = 0; peer < size(); ++peer) {
    const Lane& lane = hub_->lanes[rank_][peer];
    hub_->changed.wait(
        lock, [&] { return !hub_->failure.ok() || hub_->gone[peer] || lane.messages.empty(); });
    if (!lane.messages.empty() && hub_->gone[peer]) Lose(peer);
    if (!hub_->failure.ok()) break;
  }
  WaitUntilUnread(lock);
  return hub_->failure;
}

void LocalTransport::Abort(const Status& why) {
  Lock lock(hub_->mutex);
  Fail(AbortedError(Concat("rank ", rank_, " aborted: ", why.message())));
  WaitUntilUnread(lock);
}

std::vector<int> LocalTransport::LostRanks() const {
  Lock lock(hub_->mutex);
  return hub_->lost;
}

Status LocalTransport::failure() const {
  Lock lock(hub_->mutex);
  return hub_->failure;
}

void LocalTransport::Fail(Status why, std::vector<int> lost) {
  if (hub_->failure.ok()) {
    hub_->failure = std::move(why);
    hub_->lost = std::move(lost);
  }
  hub_->changed.notify_all();
}

void LocalTransport::WaitUntilUnread(Lock& lock) {
  hub_->changed.wait(lock,
                     [&] { return std::ranges::none_of(hub_->lanes[rank_], &Lane::being_read); });
}

}  // namespace

std::vector<std::unique_ptr<Communicator>> MakeLocalCommunicators(int ranks) {
  assert(ranks >= 1);
  const auto hub = std::make_shared<Hub>(ranks);
  std::vector<std::unique_ptr<Communicator>> communicators;
  for (int rank = 0; rank < ranks; ++rank) {
    communicators.push_back(
        std::make_unique<MeshCommunicator>(std::make_unique<LocalTransport>(hub, rank)));
  }
  return communicators;
}

}  // namespace gvsl::collective
