// The chunked tree sum of one step (mesh_communicator.h says how it goes).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "worker/collective/float_memory.h"
#include "worker/collective/peer_transport.h"
#include "worker/collective/slot_tree.h"

namespace gvsl::collective {

// INVALID_ARGUMENT unless owners and parts fit the tree, the rank and the length of the vector.
Status CheckTreeSum(const SlotTree& tree, std::span<const int> owners, int rank, int size,
                    const std::map<SlotNode, std::span<float>>& parts, std::size_t floats);

// The sum under `node`, in the shape of the tree. `held` gives what is held of a node, nothing
// where only parts below it are; `memory` is where it lies. Left parts are overwritten.
std::span<float> SumUnder(SlotNode node, FloatMemory& memory,
                          const std::function<std::optional<std::span<float>>(SlotNode)>& held);

// One use; the arguments outlive it and have passed CheckTreeSum. The caller flushes.
class TreeSumExchange {
 public:
  TreeSumExchange(PeerTransport& transport, const SlotTree& tree, std::span<const int> owners,
                  const std::map<SlotNode, std::span<float>>& parts, std::span<float> total);
  Status Run();

 private:
  // Floats [begin, begin + size) of the vector.
  struct Piece {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  // The pieces of the chunk that `rank` completes.
  std::vector<Piece> PiecesOf(int rank) const;
  void SendParts(int to);
  Status ReceiveParts(Piece piece);
  std::optional<std::span<float>> Held(SlotNode node, Piece piece);
  Status CompleteOwnChunk();
  Status ReceiveOtherChunks();

  PeerTransport& transport_;
  SlotTree tree_;
  const std::map<SlotNode, std::span<float>>& parts_;
  std::span<float> total_;
  std::vector<std::vector<SlotNode>> nodes_;         // maximal nodes by rank
  std::map<SlotNode, std::vector<float>> received_;  // one piece of every foreign maximal node
};

}  // namespace gvsl::collective
