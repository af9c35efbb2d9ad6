// What methods that restore a damaged volume share: the U-Net, the restoration head of GVSL
// (`res_conv`), and the squared error. They differ in the damage.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/gvsl_network.h"
#include "model/methods/methods.h"

namespace gvsl::model {

// (1, 1, D, H, W) each, on the method's device.
struct DamagedVolume {
  at::Tensor clean;
  at::Tensor damaged;
  at::Tensor counted;  // 1 where the error counts, else 0; undefined: everywhere
};

// A pure function of the sample.
using Damage = std::function<DamagedVolume(const PairSample&, at::Device)>;

// Inputs by name: "clean", "damaged", and "counted" where the damage gives it. The loss
// "restoration" is the mean squared error over the voxels that count.
class RestorationMethod final : public Method {
 public:
  RestorationMethod(const MethodOptions& options, Damage damage);

  std::vector<std::string> LossNames() const override { return {"restoration", "total"}; }
  NamedTensors NamedParameters() override { return network_.parameters(); }
  Inputs Augment(const std::vector<PairSample>& samples) override;
  Outcome Forward(const Inputs& inputs) override;

 private:
  GvslNetwork network_;
  Damage damage_;
};

}  // namespace gvsl::model
