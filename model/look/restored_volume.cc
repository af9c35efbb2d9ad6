#include "model/look/restored_volume.h"

#include <ATen/core/grad_mode.h>

#include "model/method.h"
#include "model/stored_network.h"

namespace gvsl::model {

bool Restores(const std::map<std::string, TensorView>& stored) {
  return stored.contains("res_conv.0.weight");
}

StatusOr<RestoredVolume> Restore(const std::map<std::string, TensorView>& stored,
                                 const std::string& method_name, const at::Tensor& voxels,
                                 const at::Tensor& partner, std::uint64_t seed) {
  const at::NoGradGuard no_graph;
  GVSL_ASSIGN_OR_RETURN(const auto network, MakeStoredNetwork(stored));
  MethodOptions options;
  options.method = method_name;
  options.width = network->options().width;
  GVSL_ASSIGN_OR_RETURN(const auto method, MakeMethod(options));
  PairSample sample{voxels.unsqueeze(0), partner.unsqueeze(0), {seed, 0, 0, 0}};
  const Inputs inputs = method->Augment({sample});
  const auto input = [&inputs](const char* name) {
    const auto found = inputs.find(name);
    return found == inputs.end() ? at::Tensor() : found->second;
  };
  // As the methods call what is not damaged.
  const at::Tensor clean = input("clean").defined() ? input("clean") : input("fixed");
  const at::Tensor damaged = input("damaged");
  if (!clean.defined() || !damaged.defined()) {
    return FailedPreconditionError("method " + method_name + " restores nothing");
  }
  const NetworkOutput output = network->Forward(damaged, input("moving"));
  const auto volume = [](const at::Tensor& batch) { return batch.squeeze(0).squeeze(0); };
  return RestoredVolume{volume(clean), volume(damaged), volume(output.restored)};
}

}  // namespace gvsl::model
