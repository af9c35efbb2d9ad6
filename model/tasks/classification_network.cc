#include "model/tasks/classification_network.h"

#include <ATen/ops/cat.h>

#include <vector>

namespace gvsl::model {

at::Tensor MeanLogit(const ClassificationNetwork& network, const at::Tensor& volume,
                     const VolumeExtent& window, const SeeWindow& see, const GoesOn& goes_on) {
  std::vector<at::Tensor> logits;
  const auto visit = [&](const at::Tensor& crop, const VolumeExtent& origin) {
    logits.push_back(network.Logits(see(crop, origin)));
  };
  ForEachWindow(volume, window, visit, goes_on);
  return at::cat(logits).mean();
}

at::Tensor MeanLogit(const ClassificationNetwork& network, const at::Tensor& volume,
                     const VolumeExtent& window) {
  return MeanLogit(network, volume, window,
                   [&](const at::Tensor& crop, const VolumeExtent& /*origin*/) {
                     return network.Features(crop);
                   });
}

}  // namespace gvsl::model
