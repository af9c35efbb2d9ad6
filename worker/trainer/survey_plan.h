// Who describes which volume in a survey (model::Method::SurveysAt): each volume is described by
// one slot, and the descriptions travel in the slots' rows (slot_exchange.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/status.h"
#include "model/method.h"
#include "worker/trainer/progress.h"
#include "worker/trainer/sample_source.h"
#include "worker/trainer/stop_flag.h"

namespace gvsl::trainer {

// A pure function of the dataset, the part and the number of slots: whole shards are dealt to the
// slots in turn.
class SurveyPlan {
 public:
  SurveyPlan(const SampleSource& samples, const model::Survey& survey, std::uint32_t slots);

  // The floats of a slot's row, the same for all slots.
  std::size_t row_floats() const;
  // The slot's row, on the CPU: its volumes' descriptions, and the worker's vote to stop, for which
  // it leaves the rest out. ABORTED: stopped at once. DATA_LOSS names the damaged shard, and
  // `samples` knows it.
  StatusOr<at::Tensor> Describe(model::Method& method, SampleSource& samples, int slot,
                                const StopFlag& stop, TrainerObserver& observer) const;
  // Rows by slot (slots, row_floats()) -> (volumes of the part, floats), volumes ascending.
  at::Tensor ByVolume(const at::Tensor& rows) const;
  // The row of a slot that a damaged shard keeps from describing.
  at::Tensor DamageRow(std::uint32_t shard) const;
  // The shards that keep slots from describing; where there are any, descriptions mean nothing.
  static std::vector<std::uint32_t> AccusedIn(const at::Tensor& rows);
  // The highest of the rows' votes; above kNone, descriptions mean nothing.
  static StopVote VoteOf(const at::Tensor& rows);

 private:
  model::Survey survey_;
  std::vector<std::vector<std::int64_t>> volumes_;  // by slot
};

}  // namespace gvsl::trainer
