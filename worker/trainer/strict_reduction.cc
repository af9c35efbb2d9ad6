#include "worker/trainer/strict_reduction.h"

#include <utility>

namespace gvsl::trainer {

StrictReduction::StrictReduction(ReductionParts parts)
    : Reduction(RowDevice(parts)),
      p_(std::move(parts)),
      gradients_(p_.parameters, device()),
      tree_(static_cast<int>(p_.owners.size())),
      sums_(tree_, SlotsOf(p_.owners, p_.communicator.rank()),
            gradients_.floats() + p_.rows.floats(), p_.communicator.memory()),
      total_(p_.communicator.memory(), gradients_.floats() + p_.rows.floats()) {}

void StrictReduction::BeginSlot(int /*slot*/) { gradients_.Clear(); }

void StrictReduction::EndSlot(int slot, SlotReport report) {
  const std::span<float> buffer = sums_.NextBuffer();
  const std::span<float> gradient = buffer.first(gradients_.floats());
  gradients_.Flatten(gradient);
  report.broken_gradient = !IsFinite(gradient, device());
  std::vector<float> reports(p_.rows.floats());
  p_.rows.Write(slot, report, reports);
  p_.communicator.memory().Write(reports, buffer.subspan(gradients_.floats()));
  sums_.Add(slot);
}

StatusOr<SummedStep> StrictReduction::Sum() {
  auto parts = sums_.Take();
  GVSL_RETURN_IF_ERROR(p_.communicator.TreeSum(tree_, p_.owners, parts, total_.span()));
  std::vector<float> reports(p_.rows.floats());
  p_.communicator.memory().Read(total_.span().subspan(gradients_.floats()), reports);
  return SummedStep{.reports = p_.rows.ReadAll(reports)};
}

}  // namespace gvsl::trainer
