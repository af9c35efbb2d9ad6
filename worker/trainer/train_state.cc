#include "worker/trainer/train_state.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "common/text.h"

namespace gvsl::trainer {
namespace {

constexpr char kExpAvg[] = "exp_avg.";
constexpr char kExpAvgSq[] = "exp_avg_sq.";
constexpr char kState[] = "state.";

struct BlobHeader {
  std::uint64_t tensor_bytes = 0;
  std::uint64_t lineage_begin = 0;
  std::uint64_t lineage_rows = 0;  // numbers, not bytes
  std::uint64_t quarantined = 0;   // shards
  std::array<char, 64> lineage_hash{};
};

std::vector<at::Tensor> Tensors(const model::NamedTensors& named) {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : named) tensors.push_back(tensor);
  return tensors;
}

void Append(const char* prefix, const model::NamedTensors& from, model::NamedTensors& into) {
  for (const auto& [name, tensor] : from) into.emplace_back(prefix + name, tensor);
}

model::AdamOptions AdamOptionsOf(const OptimizerPlan& plan) {
  return {.learning_rate = plan.learning_rate,
          .beta1 = plan.beta1,
          .beta2 = plan.beta2,
          .weight_decay = plan.weight_decay};
}

model::Geometry GeometryOf(Numerics numerics) {
  return numerics == Numerics::kReference ? model::Geometry::kReleased
                                          : model::Geometry::kCorrected;
}

model::TaskOptions TaskOptionsOf(const JobPlan& job, const SeenData& seen) {
  return {.task = job.task.task,
          .frozen = job.task.frozen,
          .classes = seen.classes,
          .evaluate_every = job.task.evaluate_every,
          .tested = seen.tested,
          .patch = seen.patch};
}

std::size_t Bytes(const at::Tensor& tensor) { return static_cast<std::size_t>(tensor.nbytes()); }

void Add(HostTensors& tensors, const std::string& name, const at::Tensor& tensor) {
  const at::Tensor host = tensor.detach().to(at::kCPU);
  tensors.views[name] = {DType::kF32,
                         host.sizes().vec(),
                         {static_cast<const char*>(host.const_data_ptr()), Bytes(host)}};
  tensors.tensors.push_back(host);
}

// From the host's memory, wherever the tensor lies.
void CopyBytes(const void* bytes, const at::Tensor& tensor) {
  const at::NoGradGuard no_graph;
  tensor.copy_(at::from_blob(const_cast<void*>(bytes), tensor.sizes(), at::kFloat));
}

Status CopyInto(const SafetensorsFile& file, const std::string& name, const at::Tensor& tensor) {
  const auto stored = file.Find(name);
  if (!stored.ok()) return DataLossError(stored.status().message());
  if (stored->dtype != DType::kF32 || stored->shape != tensor.sizes().vec()) {
    return DataLossError(
        Concat("the tensor ", name, " has another type or shape than the network"));
  }
  CopyBytes(stored->bytes.data(), tensor);
  return OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<TrainState>> TrainState::Create(const JobPlan& job, const SeenData& seen,
                                                         const MethodFactory& make_method,
                                                         at::Device device) {
  GVSL_ASSIGN_OR_RETURN(auto method, make_method({.method = job.method,
                                                  .width = job.width,
                                                  .seed = job.seed,
                                                  .device = device,
                                                  .geometry = GeometryOf(job.numerics),
                                                  .slots = job.slots,
                                                  .batch_per_slot = job.batch_per_slot,
                                                  .steps = job.steps,
                                                  .volumes = seen.volumes,
                                                  .task = TaskOptionsOf(job, seen)}));
  std::unique_ptr<TrainState> state(new TrainState(job, std::move(method)));
  for (const at::Tensor& tensor : state->AllTensors()) {
    if (tensor.scalar_type() != at::kFloat || !tensor.is_contiguous()) {
      return InternalError(
          Concat("method ", job.method, " has a tensor that is not contiguous float32"));
    }
  }
  return state;
}

TrainState::TrainState(const JobPlan& job, std::unique_ptr<model::Method> method)
    : method_(std::move(method)),
      named_(method_->NamedParameters()),
      parameters_(Tensors(named_)),
      adam_(parameters_, AdamOptionsOf(job.optimizer)),
      lineage_(job.slots, job.batch_per_slot) {}

void TrainState::TakeDescriptions(const model::Survey& survey, const at::Tensor& descriptions,
                                  const std::function<bool()>& goes_on) {
  const at::NoGradGuard no_graph;
  if (before_surveys_.empty()) {
    std::vector<at::Tensor> before;
    for (const at::Tensor& tensor : AllTensors()) {
      before.push_back(tensor.detach().to(at::kCPU, /*non_blocking=*/false, /*copy=*/true));
    }
    before_surveys_ = std::move(before);
  }
  const auto anew = method_->TakeDescriptions(step(), survey, descriptions, goes_on);
  for (std::size_t i = 0; i < named_.size(); ++i) {
    if (std::ranges::count(anew, named_[i].first) > 0) adam_.exp_avg()[i].zero_();
  }
}

void TrainState::Rollback() {
  const at::NoGradGuard no_graph;
  const std::vector<at::Tensor> tensors = AllTensors();
  for (std::size_t i = 0; i < before_surveys_.size(); ++i) {
    tensors[i].copy_(before_surveys_[i]);
  }
  before_surveys_.clear();
}

void TrainState::Commit(double learning_rate, checkpoint::LineageRow samples) {
  whole_ = false;
  adam_.Update(step(), learning_rate);
  method_->AfterUpdate(step() + 1);
  lineage_.Append(samples);
  before_surveys_.clear();
  whole_ = true;
}

model::NamedTensors TrainState::Weights() const {
  model::NamedTensors names = named_;
  Append("", method_->FixedWeights(), names);
  return names;
}

model::NamedTensors TrainState::OptimizerNames() const {
  model::NamedTensors names;
  for (std::size_t i = 0; i < named_.size(); ++i) {
    names.emplace_back(kExpAvg + named_[i].first, adam_.exp_avg()[i]);
    names.emplace_back(kExpAvgSq + named_[i].first, adam_.exp_avg_sq()[i]);
  }
  Append(kState, method_->NamedState(), names);
  return names;
}

HostTensors TrainState::ModelTensors() const {
  HostTensors tensors;
  for (const auto& [name, tensor] : Weights()) Add(tensors, name, tensor);
  return tensors;
}

HostTensors TrainState::OptimizerTensors() const {
  HostTensors tensors;
  for (const auto& [name, tensor] : OptimizerNames()) Add(tensors, name, tensor);
  return tensors;
}

Status TrainState::Restore(const checkpoint::LoadedCheckpoint& checkpoint) {
  whole_ = false;
  for (const auto& [name, tensor] : Weights()) {
    GVSL_RETURN_IF_ERROR(CopyInto(checkpoint.model, name, tensor));
  }
  for (const auto& [name, tensor] : OptimizerNames()) {
    GVSL_RETURN_IF_ERROR(CopyInto(checkpoint.optimizer, name, tensor));
  }
  const Status restored =
      lineage_.Restore(checkpoint.manifest.step, checkpoint.manifest.lineage_sha256, {},
                       checkpoint.manifest.quarantine);
  whole_ = restored.ok();
  return restored;
}

std::vector<at::Tensor> TrainState::AllTensors() const {
  std::vector<at::Tensor> tensors = Tensors(Weights());
  const std::vector<at::Tensor> others = Tensors(OptimizerNames());
  tensors.insert(tensors.end(), others.begin(), others.end());
  return tensors;
}

std::vector<std::byte> TrainState::ToBlob() const {
  const std::vector<at::Tensor> tensors = AllTensors();
  BlobHeader header;
  for (const at::Tensor& tensor : tensors) header.tensor_bytes += Bytes(tensor);
  header.lineage_begin = lineage_.begin();
  header.lineage_rows = lineage_.rows().size();
  header.quarantined = quarantine().size();
  std::copy(lineage_.hash().begin(), lineage_.hash().end(), header.lineage_hash.begin());

  const std::size_t row_bytes = lineage_.rows().size() * sizeof(std::int64_t);
  const std::size_t quarantine_bytes = quarantine().size() * sizeof(QuarantinedShard);
  std::vector<std::byte> blob(sizeof(header) + header.tensor_bytes + row_bytes + quarantine_bytes);
  std::byte* out = blob.data();
  const auto append = [&out](const void* bytes, std::size_t size) {
    if (size > 0) std::memcpy(out, bytes, size);
    out += size;
  };
  append(&header, sizeof(header));
  for (const at::Tensor& tensor : tensors) {
    append(tensor.detach().to(at::kCPU).const_data_ptr(), Bytes(tensor));
  }
  append(lineage_.rows().data(), row_bytes);
  append(quarantine().data(), quarantine_bytes);
  return blob;
}

Status TrainState::FromBlob(std::span<const std::byte> blob) {
  const std::vector<at::Tensor> tensors = AllTensors();
  std::size_t tensor_bytes = 0;
  for (const at::Tensor& tensor : tensors) tensor_bytes += Bytes(tensor);
  BlobHeader header;
  if (blob.size() < sizeof(header)) return InternalError("the state that was sent is cut off");
  std::memcpy(&header, blob.data(), sizeof(header));
  const std::size_t rest = blob.size() - sizeof(header);
  const std::size_t most = rest / sizeof(std::int64_t);
  const bool fits = header.tensor_bytes == tensor_bytes && header.lineage_rows <= most &&
                    header.quarantined <= most &&
                    rest == tensor_bytes + header.lineage_rows * sizeof(std::int64_t) +
                                header.quarantined * sizeof(QuarantinedShard);
  if (!fits) return InternalError("the state that was sent is another job's");
  whole_ = false;
  const std::byte* in = blob.data() + sizeof(header);
  for (const at::Tensor& tensor : tensors) {
    CopyBytes(in, tensor);
    in += Bytes(tensor);
  }
  std::vector<std::int64_t> rows(header.lineage_rows);
  if (!rows.empty()) std::memcpy(rows.data(), in, rows.size() * sizeof(std::int64_t));
  in += rows.size() * sizeof(std::int64_t);
  Quarantine quarantine(header.quarantined);
  if (!quarantine.empty()) {
    std::memcpy(quarantine.data(), in, quarantine.size() * sizeof(QuarantinedShard));
  }
  const bool any_steps = header.lineage_hash[0] != '\0';
  const std::string hash(header.lineage_hash.data(), any_steps ? header.lineage_hash.size() : 0);
  const Status restored =
      lineage_.Restore(header.lineage_begin, hash, std::move(rows), std::move(quarantine));
  whole_ = restored.ok();
  return restored;
}

}  // namespace gvsl::trainer
