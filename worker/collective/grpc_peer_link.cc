#include "worker/collective/grpc_peer_link.h"

#include <algorithm>
#include <utility>

#include "common/text.h"

namespace gvsl::collective {
namespace {

constexpr std::size_t kFrameBytes = 1024 * 1024;
constexpr std::size_t kInboxBytes = 4 * kFrameBytes;

}  // namespace

void GangState::Lose(int peer, std::string message) {
  if (!failure.ok() && failure.code() != StatusCode::kUnavailable) return;
  lost.insert(peer);
  Fail(UnavailableError(std::move(message)));
}

void GangState::Fail(Status why) {
  if (failure.ok()) failure = std::move(why);
  changed.notify_all();
}

void GangState::Obey(const v1::Abort& abort) {
  for (const std::uint32_t rank_lost : abort.lost_ranks()) {
    const int other = static_cast<int>(rank_lost);
    if (other < 0 || other >= size || other == rank) continue;
    Lose(other, abort.reason());
  }
  Fail(AbortedError(abort.reason()));
}

PeerLink::PeerLink(std::shared_ptr<GangState> gang, int peer, std::unique_ptr<FrameStream> stream)
    : gang_(std::move(gang)), peer_(peer), stream_(std::move(stream)) {
  writer_ = std::thread([this] { WriteFrames(); });
  reader_ = std::thread([this] { ReadFrames(); });
}

PeerLink::~PeerLink() {
  writer_.join();
  reader_.join();
}

v1::Chunk PeerLink::TakeChunk() {
  v1::Chunk chunk = std::move(inbox_.front());
  inbox_.pop_front();
  inbox_bytes_ -= chunk.data().size();
  gang_->changed.notify_all();
  return chunk;
}

void PeerLink::BeatIfQuiet(TimePoint since) {
  if (last_written_ > since || beat_due_) return;
  beat_due_ = true;
  gang_->changed.notify_all();
}

void PeerLink::Cut() {
  cut_ = true;
  stream_->Cancel();
  gang_->changed.notify_all();
}

void PeerLink::ReadFrames() {
  bool broke = false;
  for (bool more = true; more;) {
    v1::Frame frame;
    Lock lock(gang_->mutex);
    gang_->changed.wait(lock, [this] { return inbox_bytes_ < kInboxBytes || Drops() || cut_; });
    reading_since_ = Now();
    lock.unlock();
    broke = !stream_->Read(&frame);
    lock.lock();
    reading_since_.reset();
    more = !broke && Accept(std::move(frame));
    if (broke && !said_goodbye_ && !cut_) {
      gang_->Lose(peer_, Concat("the connection to rank ", peer_, " broke"));
    }
    gang_->changed.notify_all();
  }
  Finish(broke);
}

void PeerLink::Finish(bool broke) {
  Lock lock(gang_->mutex);
  peer_left_ = true;
  gang_->changed.notify_all();
  gang_->changed.wait(lock, [this] { return writer_done_; });
  lock.unlock();
  const Status end = stream_->Close();
  lock.lock();
  // A peer that has read our last frame ends the stream in order; a dead one does not.
  if (broke && !end.ok() && !leaving_ && !cut_) {
    gang_->Lose(peer_, Concat("the connection to rank ", peer_, " broke: ", end.message()));
  }
  done_ = true;
  gang_->changed.notify_all();
}

bool PeerLink::Accept(v1::Frame frame) {
  if (frame.has_abort()) gang_->Obey(frame.abort());
  if (frame.has_abort() || frame.has_leave()) return false;
  if (frame.has_chunk() && !Drops()) {
    inbox_bytes_ += frame.chunk().data().size();
    inbox_.push_back(std::move(*frame.mutable_chunk()));
  }
  return true;
}

void PeerLink::WriteFrames() {
  Lock lock(gang_->mutex);
  v1::Frame frame;
  while (NextFrame(lock, &frame)) {
    last_written_ = Now();
    lock.unlock();
    const bool written = stream_->Write(frame);
    lock.lock();
    if (!written) break;
  }
  writer_done_ = true;
  gang_->changed.notify_all();
}

bool PeerLink::NextFrame(Lock& lock, v1::Frame* frame) {
  gang_->changed.wait(lock, [this] {
    return cut_ || peer_left_ || said_goodbye_ || leaving_ || beat_due_ || !outbox_.empty() ||
           !gang_->failure.ok();
  });
  if (cut_ || peer_left_ || said_goodbye_) return false;
  frame->Clear();
  beat_due_ = false;
  if (!gang_->failure.ok()) {
    said_goodbye_ = true;
    frame->mutable_abort()->set_reason(gang_->failure.message());
    for (const int rank : gang_->lost) frame->mutable_abort()->add_lost_ranks(rank);
  } else if (!outbox_.empty()) {
    CopyChunk(lock, frame->mutable_chunk());
  } else if (leaving_) {
    said_goodbye_ = true;
    frame->mutable_leave();
  }
  return true;
}

void PeerLink::CopyChunk(Lock& lock, v1::Chunk* chunk) {
  const auto message = outbox_.front();
  const auto piece =
      message.subspan(sent_of_front_).first(std::min(kFrameBytes, message.size() - sent_of_front_));
  if (sent_of_front_ == 0) chunk->set_message_bytes(message.size());
  copying_ = true;
  lock.unlock();
  chunk->set_data(piece.data(), piece.size());
  lock.lock();
  copying_ = false;
  sent_of_front_ += piece.size();
  if (sent_of_front_ == message.size()) {
    outbox_.pop_front();
    sent_of_front_ = 0;
  }
  gang_->changed.notify_all();
}

}  // namespace gvsl::collective
