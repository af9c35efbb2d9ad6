#include "worker/trainer/collapse_watch.h"

#include "common/text.h"

namespace gvsl::trainer {

Status CollapseWatch::Check(std::uint64_t step, const std::map<std::string, double>& indicators) {
  const auto spread = indicators.find("spread");
  if (spread == indicators.end()) return OkStatus();
  below_ = spread->second < kCollapsed ? below_ + 1 : 0;
  if (below_ < kPatience) return OkStatus();
  return FailedPreconditionError(
      Concat("the features have collapsed: their spread has been below ", kCollapsed, " for ",
             kPatience, " steps at step ", step, "; checkpoints of step ", step - kPatience,
             " and before are good, a lower learning rate or a larger batch may help"));
}

}  // namespace gvsl::trainer
