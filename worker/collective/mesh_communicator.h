// The verbs of a Communicator over any transport that connects each rank with each other
// (docs/adr/2026-11-23-chunked-tree-sum.md).
//
// TreeSum cuts the vector into size() chunks. Rank r receives everybody's subtree sums of chunk r,
// adds them in the shape of the tree and sends the result to everybody, in pieces, so that adding
// and sending overlap. Broadcast runs along a chain of ranks, which pass on piece by piece.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "worker/collective/communicator.h"
#include "worker/collective/peer_transport.h"

namespace gvsl::collective {

class MeshCommunicator final : public Communicator {
 public:
  explicit MeshCommunicator(std::unique_ptr<PeerTransport> transport);

  int rank() const override { return transport_->rank(); }
  int size() const override { return transport_->size(); }
  Status TreeSum(const SlotTree& tree, std::span<const int> owners,
                 std::map<SlotNode, std::span<float>>& parts, std::span<float> total) override;
  // A tree sum with a slot a rank; nothing is left to be finished.
  Status StartAllReduce(std::span<float> values) override;
  Status FinishAllReduces() override { return transport_->failure(); }
  Status Broadcast(int root, std::span<std::byte> bytes) override;
  Status Barrier() override;
  void Abort(const Status& why) override { transport_->Abort(why); }
  std::vector<int> LostRanks() const override { return transport_->LostRanks(); }
  Status failure() const override { return transport_->failure(); }

 private:
  // What a verb has come to: an error ends the communicator, here and on the peers.
  Status Finish(Status status);
  Status PassOn(int root, std::span<std::byte> bytes);
  Status GatherBytes();

  std::unique_ptr<PeerTransport> transport_;
};

}  // namespace gvsl::collective
