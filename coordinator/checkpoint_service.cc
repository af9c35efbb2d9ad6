#include "coordinator/checkpoint_service.h"

#include <algorithm>

#include "common/checkpoint_directory.h"
#include "common/grpc_status.h"
#include "common/text.h"
#include "coordinator/job_admission.h"

namespace gvsl::coordinator {
namespace {

constexpr std::size_t kChunkBytes = 1 << 20;

}  // namespace

StatusOr<CheckpointServiceImpl::Found> CheckpointServiceImpl::Find(const std::string& job) {
  Found found;
  GVSL_ASSIGN_OR_RETURN(found.job, coordinator_.GetJob(job));
  auto checkpoints = ReadCheckpoints(files_, found.job);
  found.seen = checkpoints.status();
  if (checkpoints.ok()) {
    found.checkpoints = *std::move(checkpoints);
    GVSL_ASSIGN_OR_RETURN(found.damaged, coordinator_.DamagedCheckpoints(found.job.uid()));
  } else {
    found.checkpoints.assign(found.job.checkpoints().begin(), found.job.checkpoints().end());
  }
  return found;
}

StatusOr<v1::Checkpoint> CheckpointServiceImpl::Pick(const Found& found,
                                                     std::optional<std::uint64_t> step) {
  for (auto one = found.checkpoints.rbegin(); one != found.checkpoints.rend(); ++one) {
    if (step ? *step == one->step() : !found.damaged.contains(one->step())) return *one;
  }
  if (!step) return NotFoundError(Concat("job ", found.job.name(), " has no checkpoint yet"));
  return NotFoundError(Concat("job ", found.job.name(), " has no checkpoint of step ", *step));
}

std::optional<std::uint64_t> CheckpointServiceImpl::BestStep(const Found& found) {
  const std::uint64_t best = found.job.curve().best_step();
  const bool is_there = std::ranges::any_of(found.checkpoints, [&](const v1::Checkpoint& one) {
    return one.step() == best && !found.damaged.contains(best);
  });
  return is_there ? std::optional(best) : std::nullopt;
}

StatusOr<v1::Checkpoint> CheckpointServiceImpl::PickOnDisk(const Found& found,
                                                           std::optional<std::uint64_t> step) {
  GVSL_ASSIGN_OR_RETURN(v1::Checkpoint checkpoint, Pick(found, step));
  GVSL_RETURN_IF_ERROR(found.seen);
  return checkpoint;
}

grpc::Status CheckpointServiceImpl::ListCheckpoints(grpc::ServerContext*,
                                                    const v1::ListCheckpointsRequest* request,
                                                    v1::ListCheckpointsResponse* response) {
  auto found = Find(request->job());
  if (!found.ok()) return ToGrpcStatus(found.status());
  for (v1::Checkpoint& one : found->checkpoints) {
    if (!found->damaged.contains(one.step())) *response->add_checkpoints() = std::move(one);
  }
  return grpc::Status::OK;
}

grpc::Status CheckpointServiceImpl::VerifyCheckpoint(grpc::ServerContext*,
                                                     const v1::VerifyCheckpointRequest* request,
                                                     v1::Checkpoint* response) {
  const auto found = Find(request->job());
  if (!found.ok()) return ToGrpcStatus(found.status());
  if (!found->seen.ok()) return ToGrpcStatus(PickOnDisk(*found, request->step()).status());
  const auto verified =
      gvsl::VerifyCheckpoint(files_, found->job.spec().checkpoint().directory(), request->step());
  if (!verified.ok()) return ToGrpcStatus(verified.status());
  auto checkpoint = Pick(*found, request->step());
  if (!checkpoint.ok()) return ToGrpcStatus(checkpoint.status());
  *response = *std::move(checkpoint);
  return grpc::Status::OK;
}

Status CheckpointServiceImpl::Delete(const v1::DeleteCheckpointRequest& request) {
  GVSL_ASSIGN_OR_RETURN(const Found found, Find(request.job()));
  GVSL_ASSIGN_OR_RETURN(const v1::Checkpoint checkpoint, PickOnDisk(found, request.step()));
  const std::string& directory = found.job.spec().checkpoint().directory();
  const bool another_is_good = std::any_of(
      found.checkpoints.rbegin(), found.checkpoints.rend(), [&](const v1::Checkpoint& other) {
        return other.step() != checkpoint.step() &&
               gvsl::VerifyCheckpoint(files_, directory, other.step()).ok();
      });
  if (!another_is_good) {
    return FailedPreconditionError(Concat("the checkpoint of step ", checkpoint.step(),
                                          " is the only good one of job ", found.job.name()));
  }
  GVSL_RETURN_IF_ERROR(RemoveCheckpoint(files_, directory, checkpoint.step()));
  return coordinator_.RefreshJobCheckpoints(found.job.uid());
}

grpc::Status CheckpointServiceImpl::DeleteCheckpoint(grpc::ServerContext*,
                                                     const v1::DeleteCheckpointRequest* request,
                                                     v1::DeleteCheckpointResponse*) {
  return ToGrpcStatus(Delete(*request));
}

Status CheckpointServiceImpl::Stream(const v1::ReadCheckpointFileRequest& request,
                                     grpc::ServerWriter<v1::FileChunk>& writer) {
  GVSL_ASSIGN_OR_RETURN(const Found found, Find(request.job()));
  const std::optional<std::uint64_t> step =
      request.has_step() ? std::optional(request.step()) : BestStep(found);
  GVSL_ASSIGN_OR_RETURN(const v1::Checkpoint checkpoint, PickOnDisk(found, step));
  GVSL_ASSIGN_OR_RETURN(
      const CheckpointManifest manifest,
      ReadCheckpointManifest(files_, found.job.spec().checkpoint().directory(), checkpoint.step()));
  const std::string name = request.file().empty() ? "model.safetensors" : request.file();
  if (!manifest.files.contains(name) && name != "manifest.json") {
    return NotFoundError(
               Concat("the checkpoint of step ", checkpoint.step(), " has no file ", name))
        .WithViolation("file", "is no file of the checkpoint");
  }
  const std::string path = JoinPath(checkpoint.path(), name);
  v1::FileChunk chunk;
  *chunk.mutable_checkpoint() = checkpoint;
  GVSL_ASSIGN_OR_RETURN(const std::uint64_t total_bytes, files_.FileSize(path));
  chunk.set_total_bytes(total_bytes);
  return files_.Read(path, [&](std::string_view rest) {
    while (!rest.empty()) {
      chunk.set_data(std::string(rest.substr(0, kChunkBytes)));
      rest.remove_prefix(chunk.data().size());
      if (!writer.Write(chunk)) return CancelledError("the caller went away");
      chunk.Clear();
    }
    return OkStatus();
  });
}

grpc::Status CheckpointServiceImpl::ReadCheckpointFile(grpc::ServerContext*,
                                                       const v1::ReadCheckpointFileRequest* request,
                                                       grpc::ServerWriter<v1::FileChunk>* writer) {
  return ToGrpcStatus(Stream(*request, *writer));
}

}  // namespace gvsl::coordinator
