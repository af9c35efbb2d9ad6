#include "worker/collective/mesh_communicator.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "common/text.h"
#include "worker/collective/tree_sum.h"

namespace gvsl::collective {
namespace {

constexpr std::size_t kPieceBytes = 1024 * 1024;

}  // namespace

MeshCommunicator::MeshCommunicator(std::unique_ptr<PeerTransport> transport)
    : transport_(std::move(transport)) {}

Status MeshCommunicator::TreeSum(const SlotTree& tree, std::span<const int> owners,
                                 std::map<SlotNode, std::span<float>>& parts,
                                 std::span<float> total) {
  Status check = CheckTreeSum(tree, owners, rank(), size(), parts, total.size());
  if (!check.ok()) return Finish(std::move(check));
  return Finish(TreeSumExchange(*transport_, tree, owners, parts, total).Run());
}

Status MeshCommunicator::StartAllReduce(std::span<float> values) {
  std::vector<int> owners(size());
  std::iota(owners.begin(), owners.end(), 0);
  std::map<SlotNode, std::span<float>> parts = {{{rank(), rank() + 1}, values}};
  std::vector<float> total(values.size());
  GVSL_RETURN_IF_ERROR(TreeSum(SlotTree(size()), owners, parts, total));
  std::ranges::copy(total, values.begin());
  return OkStatus();
}

Status MeshCommunicator::Broadcast(int root, std::span<std::byte> bytes) {
  if (root < 0 || root >= size()) {
    return Finish(InvalidArgumentError(Concat("root ", root, " of ", size(), " ranks")));
  }
  return Finish(PassOn(root, bytes));
}

Status MeshCommunicator::Barrier() { return Finish(GatherBytes()); }

Status MeshCommunicator::Finish(Status status) {
  if (status.ok()) status = transport_->Flush();
  if (!status.ok()) transport_->Abort(status);
  return status;
}

Status MeshCommunicator::PassOn(int root, std::span<std::byte> bytes) {
  const int before = (rank() + size() - 1) % size();
  const int after = (rank() + 1) % size();
  for (std::size_t begin = 0; begin < bytes.size(); begin += kPieceBytes) {
    const auto piece = bytes.subspan(begin, std::min(kPieceBytes, bytes.size() - begin));
    if (rank() != root) GVSL_RETURN_IF_ERROR(transport_->Receive(before, piece));
    if (after != root) transport_->Send(after, piece);
  }
  return OkStatus();
}

// One byte to and from everybody.
Status MeshCommunicator::GatherBytes() {
  static constexpr std::byte kHere{1};
  for (int peer = 0; peer < size(); ++peer) {
    if (peer != rank()) transport_->Send(peer, {&kHere, 1});
  }
  for (int peer = 0; peer < size(); ++peer) {
    std::byte there;
    if (peer != rank()) GVSL_RETURN_IF_ERROR(transport_->Receive(peer, {&there, 1}));
  }
  return OkStatus();
}

}  // namespace gvsl::collective
