// What the validation of a downstream task has come to: the score each time, and the weights that
// had the greatest. All of it is state of training, so that a checkpoint has it and a joining
// worker is sent it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>

#include "model/parameters.h"
#include "model/tasks/curve.h"

namespace gvsl::model {

// Not thread-safe.
class ValidationRecord {
 public:
  // Validated every so many steps, and after the last. `trained` is shared.
  ValidationRecord(std::uint64_t steps, std::uint64_t every, NamedTensors trained);

  bool IsDue(std::uint64_t step) const;
  // `step` is one where it is due. A score that is as great as the greatest is the best from now
  // on. The same again changes nothing.
  void Take(std::uint64_t step, double score);
  Curve ToCurve(const std::string& score) const;

  // "validation.scores", NaN where it has not been due yet, and "best.*".
  NamedTensors State() const;
  // Calls `look` while the trained weights are the best ones. Without a score, they stay.
  at::Tensor WithBest(const std::function<at::Tensor()>& look) const;

 private:
  std::int64_t BestRow() const;  // -1: none
  std::uint64_t StepOf(std::int64_t row) const;

  std::uint64_t steps_;
  std::uint64_t every_;
  NamedTensors trained_;
  NamedTensors best_;
  at::Tensor scores_;  // on the CPU, one a validation
};

}  // namespace gvsl::model
