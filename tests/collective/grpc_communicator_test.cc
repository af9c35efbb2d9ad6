#include <gmock/gmock.h>

#include "tests/collective/grpc_gang.h"

namespace gvsl::collective {
namespace {

// A communicator that keeps its server.
class ServedCommunicator final : public Communicator {
 public:
  ServedCommunicator(std::shared_ptr<GrpcPeerServer> server, std::unique_ptr<Communicator> inner)
      : server_(std::move(server)), inner_(std::move(inner)) {}
  int rank() const override { return inner_->rank(); }
  int size() const override { return inner_->size(); }
  FloatMemory& memory() override { return inner_->memory(); }
  Status TreeSum(const SlotTree& tree, std::span<const int> owners,
                 std::map<SlotNode, std::span<float>>& parts, std::span<float> total) override {
    return inner_->TreeSum(tree, owners, parts, total);
  }
  Status StartAllReduce(std::span<float> values) override { return inner_->StartAllReduce(values); }
  Status FinishAllReduces() override { return inner_->FinishAllReduces(); }
  Status failure() const override { return inner_->failure(); }
  Status Broadcast(int root, std::span<std::byte> bytes) override {
    return inner_->Broadcast(root, bytes);
  }
  Status Barrier() override { return inner_->Barrier(); }
  void Abort(const Status& why) override { inner_->Abort(why); }
  std::vector<int> LostRanks() const override { return inner_->LostRanks(); }

 private:
  std::shared_ptr<GrpcPeerServer> server_;
  std::unique_ptr<Communicator> inner_;
};

Gang MakeGrpcCommunicators(int ranks) {
  Servers servers = StartServers(ranks);
  Gang gang = ConnectAll(servers, 1);
  for (int rank = 0; rank < ranks; ++rank) {
    gang[rank] =
        std::make_unique<ServedCommunicator>(std::move(servers[rank]), std::move(gang[rank]));
  }
  return gang;
}

GVSL_INSTANTIATE_CONFORMANCE(Grpc, MakeGrpcCommunicators);

}  // namespace
}  // namespace gvsl::collective
