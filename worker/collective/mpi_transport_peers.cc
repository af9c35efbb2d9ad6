// What the peers say, and what their silence means.
#include <algorithm>
#include <cstring>
#include <utility>

#include "common/text.h"
#include "worker/collective/mpi_transport.h"

namespace gvsl::collective {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(10);

TimePoint Now() { return std::chrono::steady_clock::now(); }

}  // namespace

bool MpiTransport::Progress() {
  bool moved = false;
  for (int from = 0; from < size(); ++from) {
    Peer& peer = peers_[from];
    if (!peer.link) continue;
    moved = peer.link->Progress() || moved;
    while (const auto frame = peer.link->TakeControl()) Obey(from, *frame);
    if (!peer.link->error().ok() && !peer.left) {
      Lose(from, Concat("rank ", from, " cannot be reached: ", peer.link->error().message()));
    }
  }
  return moved;
}

void MpiTransport::Obey(int from, const ControlFrame& frame) {
  Peer& peer = peers_[from];
  peer.met = true;
  if (frame.kind == ControlKind::kLeave) {
    peer.left = true;
    peer.pieces = frame.pieces;
    peer.link->Say({.kind = ControlKind::kHeard});
  } else if (frame.kind == ControlKind::kHeard) {
    peer.heard = true;
  } else if (frame.kind == ControlKind::kAbort) {
    peer.gave_up = true;
    const std::string reason(frame.reason.data(),
                             ::strnlen(frame.reason.data(), frame.reason.size()));
    const std::size_t count = std::min<std::size_t>(frame.lost_count, ControlFrame::kMostLost);
    for (std::size_t i = 0; i < count; ++i) {
      const int other = frame.lost[i];
      if (other >= 0 && other < size() && other != rank()) Lose(other, reason);
    }
    Fail(AbortedError(reason));
  }
}

void MpiTransport::Lose(int peer, std::string message) {
  if (!failure_.ok() && failure_.code() != StatusCode::kUnavailable) return;
  lost_.insert(peer);
  Fail(UnavailableError(std::move(message)));
}

void MpiTransport::Fail(Status why) {
  if (!failure_.ok()) return;
  failure_ = std::move(why);
  for (Peer& peer : peers_) {
    if (peer.link) peer.link->ForgetOutbox();
  }
  TellAll(ControlKind::kAbort);
}

void MpiTransport::TellAll(ControlKind kind) {
  ControlFrame frame{.kind = kind};
  for (const int rank_lost : lost_) {
    if (frame.lost_count < ControlFrame::kMostLost) frame.lost[frame.lost_count++] = rank_lost;
  }
  const std::string_view reason = CutUtf8(failure_.message(), frame.reason.size() - 1);
  std::ranges::copy(reason, frame.reason.begin());
  for (int to = 0; to < size(); ++to) {
    Peer& peer = peers_[to];
    if (!peer.link || peer.left || peer.gave_up || lost_.contains(to)) continue;
    frame.pieces = peer.link->pieces_sent();
    peer.link->Say(frame);
  }
}

void MpiTransport::WatchPeers() {
  Lock lock(world_->mutex);
  TimePoint last = Now();
  while (!closed_.wait_until(lock, last + kTick, [this] { return closing_; })) {
    Progress();
    const TimePoint now = Now();
    // This process itself stood still: nothing can be said about the others.
    JudgeSilence(now, now - last > silence_ / 2);
    last = now;
  }
}

void MpiTransport::JudgeSilence(TimePoint now, bool excused) {
  for (int other = 0; other < size(); ++other) {
    Peer& peer = peers_[other];
    if (!peer.link || peer.left || !peer.met || !failure_.ok()) continue;
    if (excused) peer.link->ForgetSilence();
    if (now - peer.link->said_at() > silence_ / 4) peer.link->Say({.kind = ControlKind::kBeat});
    if (now - peer.link->heard_at() < silence_) continue;
    Lose(other, Concat("rank ", other, " has said nothing for ", ToSeconds(silence_), " s"));
  }
}

}  // namespace gvsl::collective
