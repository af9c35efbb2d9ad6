#include "worker/trainer/job_plan.h"

namespace gvsl::trainer {

std::vector<int> SlotOwners(const GangPlan& gang, std::uint32_t slots) {
  std::vector<int> owners(slots, -1);
  for (std::size_t rank = 0; rank < gang.members.size(); ++rank) {
    for (const int slot : gang.members[rank].slots) {
      if (slot >= 0 && slot < static_cast<int>(slots)) owners[slot] = static_cast<int>(rank);
    }
  }
  return owners;
}

std::vector<int> SlotsOf(const std::vector<int>& owners, int rank) {
  std::vector<int> slots;
  for (int slot = 0; slot < static_cast<int>(owners.size()); ++slot) {
    if (owners[slot] == rank) slots.push_back(slot);
  }
  return slots;
}

double LearningRate(const OptimizerPlan& plan, std::uint64_t step) {
  if (step >= plan.warmup_steps) return plan.learning_rate;
  return plan.learning_rate * static_cast<double>(step + 1) /
         static_cast<double>(plan.warmup_steps);
}

}  // namespace gvsl::trainer
