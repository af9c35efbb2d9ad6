#include "coordinator/job_admission.h"

#include <google/protobuf/util/time_util.h>

#include <filesystem>
#include <set>

#include "common/checkpoint_directory.h"
#include "common/text.h"
#include "coordinator/task_rules.h"
#include "data_loader/dataset.h"
#include "data_loader/downstream.h"

namespace gvsl::coordinator {
namespace {

std::string Normal(const std::string& path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

v1::Checkpoint ToProto(const CheckpointManifest& manifest, const std::string& directory) {
  v1::Checkpoint checkpoint;
  checkpoint.set_step(manifest.step);
  checkpoint.set_path(JoinPath(directory, CheckpointName(manifest.step)));
  checkpoint.set_weights_sha256(manifest.WeightsSha256());
  checkpoint.set_bytes(manifest.TotalBytes());
  google::protobuf::util::TimeUtil::FromString(manifest.time, checkpoint.mutable_time());
  return checkpoint;
}

Status RefuseDirectory(const Status& status) {
  return status.WithViolation("checkpoint.directory", status.message());
}

data_loader::Truth TruthOf(v1::Task task) {
  if (task == v1::TASK_SEGMENT) return data_loader::Truth::kLabels;
  return task == v1::TASK_CLASSIFY ? data_loader::Truth::kClass : data_loader::Truth::kNone;
}

// Pairs for pre-training are drawn from the whole dataset.
Status CheckSubjects(const data_loader::DatasetManifest& manifest) {
  std::set<std::uint32_t> subjects;
  for (const auto& volume : manifest.volumes) subjects.insert(volume.subject);
  if (subjects.size() >= 2) return OkStatus();
  const std::string reason = Concat("it has ", subjects.size(), " subjects; ",
                                    "pairs of two different subjects are drawn, so 2 are needed");
  return InvalidArgumentError("dataset: " + reason).WithViolation("dataset", reason);
}

Status CheckDownstream(const data_loader::DatasetManifest& manifest, const v1::JobSpec& spec) {
  data_loader::DownstreamRequest request;
  request.truth = TruthOf(spec.task());
  request.split = {spec.split().train(), spec.split().validation(), spec.split().test()};
  request.labels = {spec.labels().begin(), spec.labels().end()};
  request.seed = spec.seed();
  const auto plan = data_loader::PlanDownstream(manifest, request);
  if (plan.ok()) return OkStatus();
  const std::string place = Concat(" (dataset ", spec.dataset(), ")");
  Status status(plan.status().code(), plan.status().message() + place);
  for (const FieldViolation& one : plan.status().violations()) {
    status = status.WithViolation(one.field, one.reason + place);
  }
  return status;
}

}  // namespace

Status PinDataset(FileSystem& files, v1::Job& job) {
  v1::JobSpec& spec = *job.mutable_spec();
  const auto manifest = data_loader::ReadManifest(files, spec.dataset());
  if (!manifest.ok()) {
    return manifest.status().WithContext("dataset").WithViolation("dataset",
                                                                  manifest.status().message());
  }
  GVSL_RETURN_IF_ERROR(IsDownstream(spec.task()) ? CheckDownstream(*manifest, spec)
                                                 : CheckSubjects(*manifest));
  if (spec.patch().empty()) {
    for (const std::int64_t size : manifest->LargestSize()) spec.add_patch(size);
  }
  job.set_dataset_sha256(manifest->sha256);
  return OkStatus();
}

Status CheckDirectoryIsFree(const v1::Job& job, const std::vector<const v1::StoredJob*>& others) {
  const std::string directory = Normal(job.spec().checkpoint().directory());
  for (const v1::StoredJob* other : others) {
    if (other->job().uid() == job.uid()) continue;
    if (Normal(other->job().spec().checkpoint().directory()) == directory) {
      return RefuseDirectory(
          FailedPreconditionError(Concat("checkpoint.directory: ", directory, " belongs to job ",
                                         other->job().name(), ", which is not deleted")));
    }
  }
  return OkStatus();
}

Status CheckDirectoryOwner(FileSystem& files, const v1::Job& job) {
  const std::string directory = Normal(job.spec().checkpoint().directory());
  if (!files.List(directory).ok()) return OkStatus();
  const Status owner = CheckCheckpointOwner(files, directory, job.uid());
  return owner.ok() ? owner : RefuseDirectory(owner.WithContext("checkpoint.directory"));
}

StatusOr<std::vector<v1::Checkpoint>> ReadCheckpoints(FileSystem& files, const v1::Job& job) {
  const std::string& directory = job.spec().checkpoint().directory();
  if (const auto names = files.List(directory); !names.ok()) {
    return FailedPreconditionError(Concat("the coordinator does not see the checkpoint directory ",
                                          directory, ": ", names.status().message()));
  }
  GVSL_ASSIGN_OR_RETURN(const auto steps, ListCheckpointSteps(files, directory));
  std::vector<v1::Checkpoint> checkpoints;
  for (const std::uint64_t step : steps) {
    const auto manifest = ReadCheckpointManifest(files, directory, step);
    if (!manifest.ok()) continue;  // being removed just now, or damaged: verify says so
    if (manifest->job_uid == job.uid()) checkpoints.push_back(ToProto(*manifest, directory));
  }
  return checkpoints;
}

Status RemoveCheckpoints(FileSystem& files, const v1::Job& job) {
  const std::string& directory = job.spec().checkpoint().directory();
  if (const auto seen = ReadCheckpoints(files, job); !seen.ok()) {
    return job.checkpoints().empty() ? OkStatus() : seen.status();
  }
  return RemoveJobCheckpoints(files, directory, job.uid());
}

}  // namespace gvsl::coordinator
