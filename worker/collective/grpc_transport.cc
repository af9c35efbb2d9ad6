#include "worker/collective/grpc_transport.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/text.h"

namespace gvsl::collective {
namespace {

using std::chrono::seconds;

// How long a rank that leaves waits for its peers: they may still be busy with the last verb, but
// need only read one frame after a failure.
constexpr Duration kLeaveTimeout = seconds(10);
constexpr Duration kAbortTimeout = seconds(1);

}  // namespace

void LinkGraveyard::Bury(std::unique_ptr<PeerLink> link, const std::shared_ptr<GangState>& gang) {
  std::lock_guard lock(mutex_);
  graves_.push_back({gang, std::move(link)});
  std::erase_if(graves_, [](Grave& grave) {
    std::lock_guard gang_lock(grave.gang->mutex);
    return grave.link->IsDone();
  });
}

GrpcTransport::GrpcTransport(int rank, int size, Duration silence,
                             std::shared_ptr<LinkGraveyard> graveyard)
    : gang_(std::make_shared<GangState>(rank, size)),
      silence_(silence),
      graveyard_(std::move(graveyard)),
      links_(size),
      watcher_([this] { WatchPeers(); }) {}

GrpcTransport::~GrpcTransport() {
  Lock lock(gang_->mutex);
  const TimePoint start = std::chrono::steady_clock::now();
  for (auto& link : links_) {
    if (link != nullptr) link->Leave();
  }
  gang_->changed.notify_all();
  gang_->changed.wait_until(lock, start + kLeaveTimeout,
                            [this] { return AllEnded() || !gang_->failure.ok(); });
  if (!gang_->failure.ok()) {
    gang_->changed.wait_until(lock, start + kAbortTimeout, [this] { return AllEnded(); });
  }
  for (auto& link : links_) {
    if (link != nullptr) link->Cut();
  }
  closing_ = true;
  gang_->changed.notify_all();
  lock.unlock();
  watcher_.join();
  for (auto& link : links_) {
    if (link != nullptr) graveyard_->Bury(std::move(link), gang_);
  }
}

void GrpcTransport::AddLink(int peer, std::unique_ptr<FrameStream> stream) {
  auto link = std::make_unique<PeerLink>(gang_, peer, std::move(stream));
  Lock lock(gang_->mutex);
  assert(links_[peer] == nullptr);
  links_[peer] = std::move(link);
}

Status GrpcTransport::failure() const {
  Lock lock(gang_->mutex);
  return gang_->failure;
}

void GrpcTransport::Send(int to, std::span<const std::byte> bytes) {
  Lock lock(gang_->mutex);
  links_[to]->Send(bytes);
  gang_->changed.notify_all();
}

Status GrpcTransport::Receive(int from, std::span<std::byte> bytes) {
  Lock lock(gang_->mutex);
  std::size_t received = 0;
  do {
    const std::optional<v1::Chunk> chunk = NextChunk(lock, from);
    if (!chunk) return gang_->failure;
    const std::size_t size = chunk->data().size();
    if ((received == 0 && chunk->message_bytes() != bytes.size()) ||
        size > bytes.size() - received) {
      return InvalidArgumentError(Concat("rank ", rank(), " awaits ", bytes.size(),
                                         " bytes of rank ", from, ", which sent ",
                                         chunk->message_bytes()));
    }
    lock.unlock();
    std::ranges::copy(std::as_bytes(std::span(chunk->data())), bytes.begin() + received);
    lock.lock();
    received += size;
  } while (received < bytes.size());
  return OkStatus();
}

std::optional<v1::Chunk> GrpcTransport::NextChunk(Lock& lock, int from) {
  PeerLink& link = *links_[from];
  gang_->changed.wait(lock,
                      [&] { return link.HasChunk() || link.IsDry() || !gang_->failure.ok(); });
  if (gang_->failure.ok() && link.IsDry()) gang_->Lose(from, Concat("rank ", from, " has left"));
  if (!gang_->failure.ok()) return std::nullopt;
  return link.TakeChunk();
}

Status GrpcTransport::Flush() {
  Lock lock(gang_->mutex);
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == rank()) continue;
    PeerLink& link = *links_[peer];
    gang_->changed.wait(lock,
                        [&] { return link.IsUnread() || link.IsDry() || !gang_->failure.ok(); });
    if (gang_->failure.ok() && !link.IsUnread())
      gang_->Lose(peer, Concat("rank ", peer, " has left"));
  }
  WaitUntilNotCopying(lock);
  return gang_->failure;
}

void GrpcTransport::Abort(const Status& why) {
  Lock lock(gang_->mutex);
  gang_->Fail(AbortedError(Concat("rank ", rank(), " aborted: ", why.message())));
  WaitUntilNotCopying(lock);
}

std::vector<int> GrpcTransport::LostRanks() const {
  Lock lock(gang_->mutex);
  return {gang_->lost.begin(), gang_->lost.end()};
}

void GrpcTransport::WaitUntilNotCopying(Lock& lock) {
  gang_->changed.wait(lock, [this] {
    return std::ranges::none_of(links_, [](const auto& link) { return link && link->IsCopying(); });
  });
}

void GrpcTransport::WatchPeers() {
  const Duration tick = silence_ / 8;
  Lock lock(gang_->mutex);
  TimePoint last = std::chrono::steady_clock::now();
  while (!gang_->changed.wait_until(lock, last + tick, [this] { return closing_; })) {
    const TimePoint now = std::chrono::steady_clock::now();
    // This process itself stood still: nothing can be said about the others.
    JudgeSilence(now, now - last > silence_ / 2);
    last = now;
  }
}

void GrpcTransport::JudgeSilence(TimePoint now, bool excused) {
  for (int peer = 0; peer < size(); ++peer) {
    PeerLink* const link = links_[peer].get();
    if (link == nullptr || link->IsDone()) continue;
    if (excused) link->ForgetSilence();
    link->BeatIfQuiet(now - silence_ / 4);
    const std::optional<TimePoint> since = link->reading_since();
    if (!since || now - *since < silence_) continue;
    gang_->Lose(peer, Concat("rank ", peer, " has said nothing for ", ToSeconds(silence_), " s"));
    link->Cut();
  }
}

// Nothing is expected of the lost.
bool GrpcTransport::AllEnded() const {
  for (int peer = 0; peer < size(); ++peer) {
    if (links_[peer] && !links_[peer]->IsDone() && !gang_->lost.contains(peer)) return false;
  }
  return true;
}

}  // namespace gvsl::collective
