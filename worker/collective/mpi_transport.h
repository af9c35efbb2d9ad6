// `mpi`: the ranks are processes that one mpirun or srun started
// (docs/adr/2026-11-27-mpi-gangs.md).
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include "worker/collective/mpi_link.h"
#include "worker/collective/peer_transport.h"

namespace gvsl::collective {

// This rank's place among the ranks of one generation.
struct MpiSeat {
  FrameKey key;
  int rank = 0;
  std::vector<int> mpi_ranks;  // where every rank lives; several may live in one process
};

// Verbs poll, and sleep a little where nothing moves, so that more ranks than cores do not keep
// each other from working. Between verbs a thread of its own polls, a hundred times a second:
// peers hear that this rank lives while it computes. A peer that says nothing for `silence` is
// lost. On destruction, tells the peers that this rank leaves, and waits (bounded) until they know.
class MpiTransport final : public PeerTransport {
 public:
  MpiTransport(std::shared_ptr<MpiWorld> world, MpiSeat seat, Duration silence);
  ~MpiTransport() override;

  // Waits until every rank has been told of the generation. DEADLINE_EXCEEDED, ABORTED when `stop`
  // was requested, UNAVAILABLE when a peer is lost; `missing` are then those that did not come.
  Status Meet(Duration timeout, const std::stop_token& stop, std::vector<int>* missing);

  int rank() const override { return seat_.rank; }
  int size() const override { return static_cast<int>(seat_.mpi_ranks.size()); }
  void Send(int to, std::span<const std::byte> bytes) override;
  Status Receive(int from, std::span<std::byte> bytes) override;
  Status Flush() override;
  void Abort(const Status& why) override;
  std::vector<int> LostRanks() const override;
  Status failure() const override;

 private:
  using Lock = std::unique_lock<std::mutex>;
  struct Peer {
    std::unique_ptr<MpiLink> link;  // null: this rank itself
    bool met = false;
    bool left = false;  // it needs nobody any more, and has sent `pieces`
    std::uint64_t pieces = 0;
    bool heard = false;  // it knows that this rank leaves
    bool gave_up = false;
  };

  // All below with world_->mutex held.
  bool Progress();
  void Obey(int from, const ControlFrame& frame);
  void Fail(Status why);
  void Lose(int peer, std::string message);
  // Until `done` or a failure; false at the deadline.
  template <typename Done>
  bool WaitUntil(Lock& lock, TimePoint deadline, const Done& done);
  bool IsDry(const Peer& peer) const;
  void WatchPeers();
  void JudgeSilence(TimePoint now, bool excused);
  void TellAll(ControlKind kind);

  const std::shared_ptr<MpiWorld> world_;
  const MpiSeat seat_;
  const Duration silence_;
  std::vector<Peer> peers_;  // by rank
  Status failure_;
  std::set<int> lost_;
  bool closing_ = false;
  std::condition_variable closed_;
  std::thread watcher_;
};

}  // namespace gvsl::collective
