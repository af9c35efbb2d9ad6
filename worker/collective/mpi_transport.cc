#include "worker/collective/mpi_transport.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/text.h"

namespace gvsl::collective {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr Duration kLeaveTimeout = seconds(10);
constexpr Duration kAbortTimeout = seconds(1);
constexpr int kMostGenerationTags = 4096;

TimePoint Now() { return std::chrono::steady_clock::now(); }

// From looking again at once to sleeping half a millisecond. It never yields: on a busy machine
// that gives away a whole turn of everybody else, while a sleeper is woken in time.
class Backoff {
 public:
  void Reset() { turns_ = 0; }
  void Pause() {
    constexpr int kLooks = 16;
    if (++turns_ <= kLooks) return;
    std::this_thread::sleep_for(microseconds(30) * (1 << std::min((turns_ - kLooks) / 8, 4)));
  }

 private:
  int turns_ = 0;
};

// Ranks of one process differ in nothing but the tag.
int FirstTag(const MpiWorld& world, const MpiSeat& seat, int from, int to) {
  const int size = static_cast<int>(seat.mpi_ranks.size());
  const std::set<int> places(seat.mpi_ranks.begin(), seat.mpi_ranks.end());
  const bool apart = static_cast<int>(places.size()) == size;
  const int lanes = apart ? 2 : 2 * size * size;
  const int generations = std::min(kMostGenerationTags, std::max(1, world.highest_tag / lanes));
  const auto turn = static_cast<int>(seat.key.generation % generations);
  return turn * lanes + (apart ? 0 : 2 * (from * size + to));
}

MpiRoute RouteTo(const MpiWorld& world, const MpiSeat& seat, int peer) {
  const int out = FirstTag(world, seat, seat.rank, peer);
  const int in = FirstTag(world, seat, peer, seat.rank);
  return {.mpi_rank = seat.mpi_ranks[static_cast<std::size_t>(peer)],
          .pieces_out = out,
          .pieces_in = in,
          .control_out = out + 1,
          .control_in = in + 1};
}

}  // namespace

MpiTransport::MpiTransport(std::shared_ptr<MpiWorld> world, MpiSeat seat, Duration silence)
    : world_(std::move(world)), seat_(std::move(seat)), silence_(silence), peers_(size()) {
  const Lock lock(world_->mutex);
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == rank()) continue;
    peers_[peer].link =
        std::make_unique<MpiLink>(*world_, seat_.key, RouteTo(*world_, seat_, peer));
  }
  TellAll(ControlKind::kHello);
  ++world_->transports;
  watcher_ = std::thread([this] { WatchPeers(); });
}

MpiTransport::~MpiTransport() {
  Lock lock(world_->mutex);
  const TimePoint start = Now();
  const auto sent = [](const Peer& peer) { return !peer.link || peer.link->IsSent(); };
  if (failure_.ok()) {
    TellAll(ControlKind::kLeave);
    WaitUntil(lock, start + kLeaveTimeout, [&] {
      return std::ranges::all_of(peers_, [&](const Peer& peer) {
        return !peer.link || ((peer.left || peer.heard) && sent(peer));
      });
    });
  }
  if (!failure_.ok()) {  // the peers were told when it came about, and take no pieces any more
    const auto told = [](const Peer& peer) { return !peer.link || peer.link->IsControlSent(); };
    Backoff backoff;
    while (Now() < start + kAbortTimeout && !std::ranges::all_of(peers_, told)) {
      if (Progress()) continue;
      lock.unlock();
      backoff.Pause();
      lock.lock();
    }
  }
  closing_ = true;
  closed_.notify_all();
  lock.unlock();
  watcher_.join();
  lock.lock();
  peers_.clear();
  --world_->transports;
  world_->changed.notify_all();
}

Status MpiTransport::Meet(Duration timeout, const std::stop_token& stop,
                          std::vector<int>* missing) {
  Lock lock(world_->mutex);
  const auto has_come = [](const Peer& peer) { return !peer.link || peer.met; };
  const TimePoint deadline = Now() + timeout;
  const bool in_time = WaitUntil(lock, deadline, [&] {
    return stop.stop_requested() || std::ranges::all_of(peers_, has_come);
  });
  if (failure_.ok() && stop.stop_requested()) Fail(AbortedError("told to stop"));
  if (missing != nullptr && !failure_.ok()) missing->assign(lost_.begin(), lost_.end());
  if (failure_.ok() && !in_time) {
    std::vector<std::string> names;
    for (int peer = 0; peer < size(); ++peer) {
      if (has_come(peers_[peer])) continue;
      names.push_back(Concat(peer));
      if (missing != nullptr) missing->push_back(peer);
    }
    Fail(DeadlineExceededError(
        Concat("rank ", Join(names, ", "), " did not come within ", ToSeconds(timeout), " s")));
  }
  return failure_;
}

void MpiTransport::Send(int to, std::span<const std::byte> bytes) {
  const Lock lock(world_->mutex);
  if (!failure_.ok()) return;
  peers_[to].link->Send(bytes);
  peers_[to].link->Progress();
}

Status MpiTransport::Receive(int from, std::span<std::byte> bytes) {
  Lock lock(world_->mutex);
  Peer& peer = peers_[from];
  std::size_t received = 0;
  do {
    WaitUntil(lock, TimePoint::max(), [&] { return peer.link->HasPiece() || IsDry(peer); });
    if (failure_.ok() && !peer.link->HasPiece()) Lose(from, Concat("rank ", from, " has left"));
    if (!failure_.ok()) return failure_;
    const std::span<const std::byte> piece = peer.link->piece();
    if ((received == 0 && peer.link->message_bytes() != bytes.size()) ||
        piece.size() > bytes.size() - received) {
      return InvalidArgumentError(Concat("rank ", rank(), " awaits ", bytes.size(),
                                         " bytes of rank ", from, ", which sent ",
                                         peer.link->message_bytes()));
    }
    std::ranges::copy(piece, bytes.begin() + static_cast<std::ptrdiff_t>(received));
    received += piece.size();
    peer.link->DropPiece();
  } while (received < bytes.size());
  return OkStatus();
}

Status MpiTransport::Flush() {
  Lock lock(world_->mutex);
  for (int to = 0; to < size(); ++to) {
    Peer& peer = peers_[to];
    if (!peer.link) continue;
    WaitUntil(lock, TimePoint::max(), [&] { return peer.link->IsUnread() || peer.left; });
    if (failure_.ok() && !peer.link->IsUnread()) Lose(to, Concat("rank ", to, " has left"));
  }
  return failure_;
}

void MpiTransport::Abort(const Status& why) {
  const Lock lock(world_->mutex);
  Fail(AbortedError(Concat("rank ", rank(), " aborted: ", why.message())));
}

std::vector<int> MpiTransport::LostRanks() const {
  const Lock lock(world_->mutex);
  return {lost_.begin(), lost_.end()};
}

Status MpiTransport::failure() const {
  const Lock lock(world_->mutex);
  return failure_;
}

template <typename Done>
bool MpiTransport::WaitUntil(Lock& lock, TimePoint deadline, const Done& done) {
  Backoff backoff;
  while (!done() && failure_.ok()) {
    if (Now() >= deadline) return false;
    if (Progress()) {
      backoff.Reset();
      continue;
    }
    lock.unlock();
    backoff.Pause();
    lock.lock();
  }
  return true;
}

bool MpiTransport::IsDry(const Peer& peer) const {
  return peer.left && !peer.link->HasPiece() && peer.link->pieces_taken() >= peer.pieces;
}

}  // namespace gvsl::collective
