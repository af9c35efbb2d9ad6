#include "worker/trainer/fast_reduction.h"

#include <torch/csrc/autograd/utils/lambda_post_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <utility>

namespace gvsl::trainer {
namespace {

// 25 MiB: long enough for the network's full speed, short enough that most of them travel while the
// backward pass goes on.
constexpr std::size_t kBucketFloats = 25 * 1024 * 1024 / sizeof(float);

}  // namespace

// Called by autograd after it has added to a parameter's gradient, as long as it lives.
class FastReduction::Hooks {
 public:
  Hooks(FastReduction& owner) {
    for (std::size_t i = 0; i < owner.p_.parameters.size(); ++i) {
      auto node = torch::autograd::impl::grad_accumulator(owner.p_.parameters[i]);
      const auto key = node->add_post_hook(std::make_unique<torch::autograd::utils::LambdaPostHook>(
          [&owner, i](const torch::autograd::variable_list& outputs,
                      const torch::autograd::variable_list&) {
            owner.OnGradient(i);
            return outputs;
          }));
      nodes_.emplace_back(std::move(node), key);
    }
  }
  ~Hooks() {
    for (const auto& [node, key] : nodes_) node->del_post_hook(key);
  }

 private:
  std::vector<std::pair<std::shared_ptr<torch::autograd::Node>, std::uintptr_t>> nodes_;
};

FastReduction::FastReduction(ReductionParts parts)
    : Reduction(RowDevice(parts)),
      p_(std::move(parts)),
      gradients_(p_.parameters, device()),
      total_(p_.communicator.memory(), gradients_.floats() + p_.rows.floats()),
      reports_(p_.rows.floats()) {
  for (int slot = 0; slot < static_cast<int>(p_.owners.size()); ++slot) {
    if (p_.owners[slot] == p_.communicator.rank()) last_slot_ = slot;
  }
  MakeBuckets();
  if (InPlace()) hooks_ = std::make_unique<Hooks>(*this);
}

FastReduction::~FastReduction() { gradients_.Clear(); }

void FastReduction::MakeBuckets() {
  bucket_of_.resize(p_.parameters.size());
  std::size_t begin = gradients_.floats();
  for (std::size_t i = p_.parameters.size(); i-- > 0;) {
    if (buckets_.empty() || buckets_.back().end - begin >= kBucketFloats) {
      buckets_.push_back({begin, begin});
    }
    begin -= static_cast<std::size_t>(p_.parameters[i].numel());
    buckets_.back().begin = begin;
    ++buckets_.back().parameters;
    bucket_of_[i] = buckets_.size() - 1;
  }
}

void FastReduction::BeginStep() {
  std::ranges::fill(reports_, 0.0F);
  for (Bucket& bucket : buckets_) bucket.awaited = bucket.parameters;
  started_ = 0;
  status_ = OkStatus();
  if (!InPlace()) return gradients_.Clear();
  AsTensor(total_.span(), device()).zero_();
  gradients_.Unflatten(gradients_.OnDevice(gradient()));
}

void FastReduction::BeginSlot(int slot) { last_pass_ = slot == last_slot_; }

void FastReduction::OnGradient(std::size_t parameter) {
  if (!last_pass_) return;
  --buckets_[bucket_of_[parameter]].awaited;
  StartFilledBuckets();
}

void FastReduction::StartFilledBuckets() {
  for (; started_ < buckets_.size() && buckets_[started_].awaited <= 0; ++started_) {
    const Bucket& bucket = buckets_[started_];
    if (!status_.ok()) continue;
    status_ =
        p_.communicator.StartAllReduce(gradient().subspan(bucket.begin, bucket.end - bucket.begin));
  }
}

void FastReduction::EndSlot(int slot, SlotReport report) {
  last_pass_ = false;
  std::vector<float> own(p_.rows.floats());
  p_.rows.Write(slot, report, own);
  std::ranges::transform(reports_, own, reports_.begin(), std::plus<>());
}

StatusOr<SummedStep> FastReduction::Sum() {
  if (!InPlace()) gradients_.Flatten(gradient());
  for (Bucket& bucket : buckets_) bucket.awaited = 0;  // parameters that the loss does not use
  StartFilledBuckets();
  GVSL_RETURN_IF_ERROR(status_);
  const std::span<float> row = total_.span().subspan(gradients_.floats());
  p_.communicator.memory().Write(reports_, row);
  GVSL_RETURN_IF_ERROR(p_.communicator.StartAllReduce(row));
  GVSL_RETURN_IF_ERROR(p_.communicator.FinishAllReduces());
  p_.communicator.memory().Read(row, reports_);
  return SummedStep{.reports = p_.rows.ReadAll(reports_), .finite = IsFinite(gradient(), device())};
}

}  // namespace gvsl::trainer
