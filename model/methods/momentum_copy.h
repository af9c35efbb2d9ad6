// A network that follows another one slowly.
#pragma once

#include "model/parameters.h"

namespace gvsl::model {

// Not thread-safe.
class MomentumCopy {
 public:
  // Tensors of the two networks that bear the same names; `follower` may lack some. Both networks
  // were filled from one seed, so that they begin alike.
  MomentumCopy(NamedTensors leader, const NamedTensors& follower);

  // follower = momentum * follower + (1 - momentum) * leader.
  void Follow(double momentum);
  // As if both had been filled with what the leader is now.
  void BeginAgain() { Follow(0); }
  const NamedTensors& follower() const { return follower_; }

 private:
  NamedTensors leader_;
  NamedTensors follower_;
};

}  // namespace gvsl::model
