#include "model/methods/momentum_copy.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace gvsl::model {

MomentumCopy::MomentumCopy(NamedTensors leader, const NamedTensors& follower)
    : leader_(std::move(leader)) {
  std::erase_if(leader_, [&](const auto& one) {
    return std::ranges::find(follower, one.first, &NamedTensors::value_type::first) ==
           follower.end();
  });
  for (const auto& [name, tensor] : leader_) {
    const auto found = std::ranges::find(follower, name, &NamedTensors::value_type::first);
    follower_.push_back(*found);
    follower_.back().second.requires_grad_(false);
  }
}

void MomentumCopy::Follow(double momentum) {
  const at::NoGradGuard no_graph;
  for (std::size_t i = 0; i < leader_.size(); ++i) {
    follower_[i].second.mul_(momentum).add_(leader_[i].second, 1 - momentum);
  }
}

}  // namespace gvsl::model
