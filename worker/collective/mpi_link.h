// A rank's end of one pair over MPI. Nothing blocks: Progress moves what can be moved.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "worker/collective/mpi_frame.h"
#include "worker/collective/mpi_world.h"

namespace gvsl::collective {

// Where the frames of a pair go: the peer's MPI rank, and the tags of the lanes.
struct MpiRoute {
  int mpi_rank = 0;
  int pieces_out = 0;
  int pieces_in = 0;
  int control_out = 0;
  int control_in = 0;
};

// Everything is called with world.mutex held.
class MpiLink {
 public:
  MpiLink(MpiWorld& world, const FrameKey& key, const MpiRoute& route);
  // Takes back what was asked to be received; what MPI still reads stays with the world.
  ~MpiLink();
  MpiLink(const MpiLink&) = delete;
  MpiLink& operator=(const MpiLink&) = delete;

  // `bytes` are copied piece by piece, by Progress, until IsUnread.
  void Send(std::span<const std::byte> bytes) { outbox_.push_back(bytes); }
  bool IsUnread() const { return outbox_.empty(); }
  void ForgetOutbox();
  void Say(ControlFrame frame);
  // MPI needs nothing more of what was sent.
  bool IsSent() const { return pieces_.empty() && controls_.empty(); }
  bool IsControlSent() const { return controls_.empty(); }
  std::uint64_t pieces_sent() const { return pieces_sent_; }

  // True when something moved.
  bool Progress();
  // Of the first MPI call that failed: the peer cannot be reached.
  const Status& error() const { return error_; }

  // The next control frame of this key.
  std::optional<ControlFrame> TakeControl();
  // The piece that waits to be taken.
  bool HasPiece() const { return piece_bytes_.has_value(); }
  std::uint64_t message_bytes() const;
  std::span<const std::byte> piece() const;
  void DropPiece();
  std::uint64_t pieces_taken() const { return pieces_taken_; }

  TimePoint heard_at() const { return heard_at_; }
  void ForgetSilence() { heard_at_ = Now(); }
  TimePoint said_at() const { return said_at_; }

 private:
  static TimePoint Now() { return std::chrono::steady_clock::now(); }
  bool Check(int code);
  std::unique_ptr<MpiSend> Start(std::vector<std::byte> bytes, int tag);
  void AwaitPiece();
  void AwaitControl();
  bool ReceivePieces();
  bool ReceiveControl();
  bool CompleteSends(std::deque<std::unique_ptr<MpiSend>>& sends);
  bool SendPieces();

  MpiWorld& world_;
  const FrameKey key_;
  const MpiRoute route_;
  Status error_;

  std::deque<std::span<const std::byte>> outbox_;
  std::size_t sent_of_front_ = 0;
  std::deque<std::unique_ptr<MpiSend>> pieces_;    // under way
  std::deque<std::unique_ptr<MpiSend>> controls_;  // likewise
  std::vector<std::vector<std::byte>> spare_;      // buffers
  std::uint64_t pieces_sent_ = 0;
  TimePoint said_at_ = Now();

  std::vector<std::byte> incoming_;
  MPI_Request incoming_request_ = MPI_REQUEST_NULL;
  std::optional<std::size_t> piece_bytes_;
  std::uint64_t pieces_taken_ = 0;
  ControlFrame control_;
  MPI_Request control_request_ = MPI_REQUEST_NULL;
  std::deque<ControlFrame> heard_;
  TimePoint heard_at_ = Now();
};

}  // namespace gvsl::collective
