// `grpc`: the ranks are processes; a pair is one stream of CollectiveService.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.h"
#include "worker/collective/grpc_peer_link.h"
#include "worker/collective/peer_transport.h"

namespace gvsl::collective {

// Links whose streams did not end in time, because the peer hangs: kept until they have. Their
// generation does not wait for them. Thread-safe.
class LinkGraveyard {
 public:
  void Bury(std::unique_ptr<PeerLink> link, const std::shared_ptr<GangState>& gang);

 private:
  struct Grave {
    std::shared_ptr<GangState> gang;
    std::unique_ptr<PeerLink> link;
  };
  std::mutex mutex_;
  std::vector<Grave> graves_;
};

// Peers are watched from the time that their link is added: one that says nothing for `silence`
// although this rank reads is lost. On destruction, tells the peers that this rank leaves, and
// waits (bounded) until they know.
class GrpcTransport final : public PeerTransport {
 public:
  GrpcTransport(int rank, int size, Duration silence, std::shared_ptr<LinkGraveyard> graveyard);
  ~GrpcTransport() override;

  // Before the first verb; once a peer.
  void AddLink(int peer, std::unique_ptr<FrameStream> stream);
  int rank() const override { return gang_->rank; }
  int size() const override { return gang_->size; }
  void Send(int to, std::span<const std::byte> bytes) override;
  Status Receive(int from, std::span<std::byte> bytes) override;
  Status Flush() override;
  void Abort(const Status& why) override;
  std::vector<int> LostRanks() const override;
  Status failure() const override;

 private:
  using Lock = std::unique_lock<std::mutex>;
  // The next chunk of `from`; empty when the generation has failed.
  std::optional<v1::Chunk> NextChunk(Lock& lock, int from);
  void WaitUntilNotCopying(Lock& lock);
  void WatchPeers();
  void JudgeSilence(TimePoint now, bool excused);
  bool AllEnded() const;

  const std::shared_ptr<GangState> gang_;
  const Duration silence_;
  const std::shared_ptr<LinkGraveyard> graveyard_;
  std::vector<std::unique_ptr<PeerLink>> links_;  // by rank; guarded by gang_->mutex
  bool closing_ = false;                          // guarded by gang_->mutex
  std::thread watcher_;
};

}  // namespace gvsl::collective
