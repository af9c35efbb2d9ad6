#include "model/tasks/validation_record.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace gvsl::model {
namespace {

void CopyAll(const NamedTensors& from, const NamedTensors& to) {
  const at::NoGradGuard no_graph;
  for (std::size_t i = 0; i < from.size(); ++i) to[i].second.copy_(from[i].second);
}

NamedTensors Copies(const NamedTensors& tensors) {
  const at::NoGradGuard no_graph;
  NamedTensors copies;
  for (const auto& [name, tensor] : tensors) copies.emplace_back(name, tensor.detach().clone());
  return copies;
}

// What was there is put back, whatever happens meanwhile.
class InPlaceOf {
 public:
  InPlaceOf(const NamedTensors& trained, const NamedTensors& best)
      : trained_(trained), aside_(Copies(trained)) {
    CopyAll(best, trained_);
  }
  ~InPlaceOf() { CopyAll(aside_, trained_); }
  InPlaceOf(const InPlaceOf&) = delete;
  InPlaceOf& operator=(const InPlaceOf&) = delete;

 private:
  const NamedTensors& trained_;
  NamedTensors aside_;
};

}  // namespace

ValidationRecord::ValidationRecord(std::uint64_t steps, std::uint64_t every, NamedTensors trained)
    : steps_(steps),
      every_(std::clamp<std::uint64_t>(every, 1, std::max<std::uint64_t>(1, steps))),
      trained_(std::move(trained)),
      best_(Copies(trained_)),
      scores_(at::full({static_cast<std::int64_t>((steps_ + every_ - 1) / every_)},
                       std::numeric_limits<float>::quiet_NaN())) {}

bool ValidationRecord::IsDue(std::uint64_t step) const {
  return step > 0 && (step % every_ == 0 || step == steps_);
}

std::uint64_t ValidationRecord::StepOf(std::int64_t row) const {
  return std::min(steps_, (static_cast<std::uint64_t>(row) + 1) * every_);
}

std::int64_t ValidationRecord::BestRow() const {
  const float* scores = scores_.const_data_ptr<float>();
  std::int64_t best = -1;
  for (std::int64_t row = 0; row < scores_.numel(); ++row) {
    if (!std::isnan(scores[row]) && (best < 0 || scores[row] >= scores[best])) best = row;
  }
  return best;
}

void ValidationRecord::Take(std::uint64_t step, double score) {
  const auto row = static_cast<std::int64_t>((step + every_ - 1) / every_ - 1);
  scores_.mutable_data_ptr<float>()[row] = static_cast<float>(score);
  if (BestRow() == row) CopyAll(trained_, best_);
}

Curve ValidationRecord::ToCurve(const std::string& score) const {
  Curve curve{.score = score};
  const float* scores = scores_.const_data_ptr<float>();
  for (std::int64_t row = 0; row < scores_.numel(); ++row) {
    if (!std::isnan(scores[row])) curve.points.emplace_back(StepOf(row), scores[row]);
  }
  const std::int64_t best = BestRow();
  if (best >= 0) curve.best_step = StepOf(best);
  return curve;
}

NamedTensors ValidationRecord::State() const {
  NamedTensors state = {{"validation.scores", scores_}};
  for (const auto& [name, tensor] : best_) state.emplace_back("best." + name, tensor);
  return state;
}

at::Tensor ValidationRecord::WithBest(const std::function<at::Tensor()>& look) const {
  if (BestRow() < 0) return look();
  const InPlaceOf best(trained_, best_);
  return look();
}

}  // namespace gvsl::model
