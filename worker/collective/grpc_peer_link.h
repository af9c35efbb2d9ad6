// A rank's end of one pair over gRPC: a thread that reads, a thread that writes, and between them
// and the verbs an inbox and an outbox.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>

#include "common/clock.h"
#include "common/status.h"
#include "worker/collective/grpc_frame_stream.h"

namespace gvsl::collective {

// What the links of one generation share. Everything, and everything in the links, is guarded by
// `mutex`; `changed` is notified after every change.
struct GangState {
  GangState(int own_rank, int ranks) : rank(own_rank), size(ranks) {}

  // `peer` is dead. Counts until the generation has failed for another reason.
  void Lose(int peer, std::string message);
  // Only the first reason counts.
  void Fail(Status why);
  // A peer gave up.
  void Obey(const v1::Abort& abort);

  const int rank;
  const int size;
  std::mutex mutex;
  std::condition_variable changed;
  Status failure;
  std::set<int> lost;
};

class PeerLink {
 public:
  using Lock = std::unique_lock<std::mutex>;

  // Starts the threads; `stream` is past its Hellos.
  PeerLink(std::shared_ptr<GangState> gang, int peer, std::unique_ptr<FrameStream> stream);
  // Waits for the threads: Cut first.
  ~PeerLink();

  // The following are called with gang->mutex held.

  // `bytes` are read until IsUnread, or after a failure until !IsCopying.
  void Send(std::span<const std::byte> bytes) { outbox_.push_back(bytes); }
  bool IsUnread() const { return outbox_.empty() && !copying_; }
  bool IsCopying() const { return copying_; }

  // The peer sends nothing more, and nothing is left.
  bool IsDry() const { return peer_left_ && inbox_.empty(); }
  bool HasChunk() const { return !inbox_.empty(); }
  v1::Chunk TakeChunk();

  // Says once that this rank lives, if it has said nothing since `since`.
  void BeatIfQuiet(TimePoint since);
  // Waits for the peer's next frame since then; empty when the link is not reading.
  std::optional<TimePoint> reading_since() const { return reading_since_; }
  void ForgetSilence() {
    if (reading_since_) reading_since_ = Now();
  }

  // Sends what is queued, then Leave; what comes is dropped.
  void Leave() { leaving_ = true; }
  // Ends without a word.
  void Cut();
  bool IsDone() const { return done_; }

 private:
  static TimePoint Now() { return std::chrono::steady_clock::now(); }
  void ReadFrames();
  void Finish(bool broke);
  void WriteFrames();
  // What still comes is of no use.
  bool Drops() const { return leaving_ || !gang_->failure.ok(); }
  // False when the frame was the last.
  bool Accept(v1::Frame frame);
  // The next frame to write; false when there is none and never will be.
  bool NextFrame(Lock& lock, v1::Frame* frame);
  void CopyChunk(Lock& lock, v1::Chunk* chunk);

  const std::shared_ptr<GangState> gang_;
  const int peer_;
  const std::unique_ptr<FrameStream> stream_;

  std::deque<std::span<const std::byte>> outbox_;
  std::size_t sent_of_front_ = 0;
  bool copying_ = false;
  bool beat_due_ = false;
  bool said_goodbye_ = false;
  TimePoint last_written_ = Now();

  std::deque<v1::Chunk> inbox_;
  std::size_t inbox_bytes_ = 0;
  std::optional<TimePoint> reading_since_;

  bool leaving_ = false;
  bool cut_ = false;
  bool peer_left_ = false;  // the last frame was read, or the stream broke
  bool writer_done_ = false;
  bool done_ = false;

  std::thread writer_;
  std::thread reader_;
};

}  // namespace gvsl::collective
