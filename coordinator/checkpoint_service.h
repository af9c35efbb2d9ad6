// gRPC's door to the checkpoints, read through the coordinator's mount.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "common/file_system.h"
#include "coordinator/coordinator.h"
#include "gvsl/v1/checkpoint_service.grpc.pb.h"

namespace gvsl::coordinator {

class CheckpointServiceImpl final : public v1::CheckpointService::Service {
 public:
  CheckpointServiceImpl(Coordinator& coordinator, FileSystem& files)
      : coordinator_(coordinator), files_(files) {}

  grpc::Status ListCheckpoints(grpc::ServerContext*, const v1::ListCheckpointsRequest*,
                               v1::ListCheckpointsResponse*) override;
  grpc::Status VerifyCheckpoint(grpc::ServerContext*, const v1::VerifyCheckpointRequest*,
                                v1::Checkpoint*) override;
  grpc::Status DeleteCheckpoint(grpc::ServerContext*, const v1::DeleteCheckpointRequest*,
                                v1::DeleteCheckpointResponse*) override;
  grpc::Status ReadCheckpointFile(grpc::ServerContext*, const v1::ReadCheckpointFileRequest*,
                                  grpc::ServerWriter<v1::FileChunk>*) override;

 private:
  struct Found {
    v1::Job job;
    std::vector<v1::Checkpoint> checkpoints;
    std::set<std::uint64_t> damaged;  // of them; used only by who names their step
    Status seen;  // not OK: the directory is not seen here; the checkpoints are as reported
  };
  StatusOr<Found> Find(const std::string& job);
  // Without a step: the newest that is not damaged.
  static StatusOr<v1::Checkpoint> Pick(const Found& found, std::optional<std::uint64_t> step);
  // Of a job that is evaluated: the best, where that is there and not damaged.
  static std::optional<std::uint64_t> BestStep(const Found& found);
  static StatusOr<v1::Checkpoint> PickOnDisk(const Found& found, std::optional<std::uint64_t> step);
  Status Delete(const v1::DeleteCheckpointRequest& request);
  Status Stream(const v1::ReadCheckpointFileRequest& request,
                grpc::ServerWriter<v1::FileChunk>& writer);

  Coordinator& coordinator_;
  FileSystem& files_;
};

}  // namespace gvsl::coordinator
