#include "worker/collective/tree_sum.h"

#include <algorithm>
#include <cstddef>

#include "common/text.h"

namespace gvsl::collective {
namespace {

constexpr std::size_t kPieceFloats = 256 * 1024;

}  // namespace

Status CheckTreeSum(const SlotTree& tree, std::span<const int> owners, int rank, int size,
                    const std::map<SlotNode, std::span<float>>& parts, std::size_t floats) {
  if (std::ssize(owners) != tree.slots()) {
    return InvalidArgumentError(Concat(owners.size(), " owners for ", tree.slots(), " slots"));
  }
  for (int slot = 0; slot < tree.slots(); ++slot) {
    if (owners[slot] >= 0 && owners[slot] < size) continue;
    return InvalidArgumentError(
        Concat("slot ", slot, " is owned by rank ", owners[slot], " of ", size));
  }
  const std::vector<SlotNode> nodes = tree.MaximalNodes(owners, rank);
  const bool same_nodes =
      std::ranges::equal(nodes, parts, {}, {}, [](const auto& part) { return part.first; });
  if (!same_nodes) {
    return InvalidArgumentError(
        Concat("the parts of rank ", rank, " are not the sums of its maximal nodes"));
  }
  for (const auto& [node, sum] : parts) {
    if (sum.size() == floats) continue;
    return InvalidArgumentError(Concat("the part of slots ", node.begin, " to ", node.end, " has ",
                                       sum.size(), " floats, the total ", floats));
  }
  return OkStatus();
}

std::span<float> SumUnder(SlotNode node, FloatMemory& memory,
                          const std::function<std::optional<std::span<float>>(SlotNode)>& held) {
  if (const auto sum = held(node)) return *sum;
  const std::span<float> left = SumUnder(SlotTree::Left(node), memory, held);
  const std::span<float> right = SumUnder(SlotTree::Right(node), memory, held);
  memory.Add(left, right, left);
  return left;
}

TreeSumExchange::TreeSumExchange(PeerTransport& transport, const SlotTree& tree,
                                 std::span<const int> owners,
                                 const std::map<SlotNode, std::span<float>>& parts,
                                 std::span<float> total)
    : transport_(transport), tree_(tree), parts_(parts), total_(total) {
  for (int rank = 0; rank < transport_.size(); ++rank) {
    nodes_.push_back(tree_.MaximalNodes(owners, rank));
  }
}

Status TreeSumExchange::Run() {
  for (int i = 1; i < transport_.size(); ++i) {
    SendParts((transport_.rank() + i) % transport_.size());
  }
  GVSL_RETURN_IF_ERROR(CompleteOwnChunk());
  return ReceiveOtherChunks();
}

std::vector<TreeSumExchange::Piece> TreeSumExchange::PiecesOf(int rank) const {
  const std::size_t size = transport_.size();
  std::size_t begin = total_.size() * rank / size;
  const std::size_t end = total_.size() * (rank + 1) / size;
  std::vector<Piece> pieces;
  for (; begin < end; begin += pieces.back().size) {
    pieces.push_back({begin, std::min(kPieceFloats, end - begin)});
  }
  return pieces;
}

void TreeSumExchange::SendParts(int to) {
  for (const Piece piece : PiecesOf(to)) {
    for (const auto& [node, sum] : parts_) {
      transport_.Send(to, std::as_bytes(sum.subspan(piece.begin, piece.size)));
    }
  }
}

Status TreeSumExchange::ReceiveParts(Piece piece) {
  for (int rank = 0; rank < transport_.size(); ++rank) {
    if (rank == transport_.rank()) continue;
    for (const SlotNode node : nodes_[rank]) {
      std::vector<float>& buffer = received_[node];
      buffer.resize(piece.size);
      GVSL_RETURN_IF_ERROR(transport_.Receive(rank, std::as_writable_bytes(std::span(buffer))));
    }
  }
  return OkStatus();
}

std::optional<std::span<float>> TreeSumExchange::Held(SlotNode node, Piece piece) {
  if (const auto own = parts_.find(node); own != parts_.end()) {
    return own->second.subspan(piece.begin, piece.size);
  }
  const auto foreign = received_.find(node);
  if (foreign == received_.end()) return std::nullopt;
  return foreign->second;
}

Status TreeSumExchange::CompleteOwnChunk() {
  for (const Piece piece : PiecesOf(transport_.rank())) {
    GVSL_RETURN_IF_ERROR(ReceiveParts(piece));
    const std::span<float> total = total_.subspan(piece.begin, piece.size);
    const auto held = [&](SlotNode node) { return Held(node, piece); };
    std::ranges::copy(SumUnder(tree_.root(), HostMemory(), held), total.begin());
    for (int i = 1; i < transport_.size(); ++i) {
      transport_.Send((transport_.rank() + i) % transport_.size(), std::as_bytes(total));
    }
  }
  return OkStatus();
}

Status TreeSumExchange::ReceiveOtherChunks() {
  std::vector<std::vector<Piece>> chunks;
  std::size_t pieces = 0;
  for (int rank = 0; rank < transport_.size(); ++rank) {
    chunks.push_back(PiecesOf(rank));
    pieces = std::max(pieces, chunks.back().size());
  }
  for (std::size_t i = 0; i < pieces; ++i) {
    for (int rank = 0; rank < transport_.size(); ++rank) {
      if (rank == transport_.rank() || i >= chunks[rank].size()) continue;
      const std::span<float> total = total_.subspan(chunks[rank][i].begin, chunks[rank][i].size);
      GVSL_RETURN_IF_ERROR(transport_.Receive(rank, std::as_writable_bytes(total)));
    }
  }
  return OkStatus();
}

}  // namespace gvsl::collective
