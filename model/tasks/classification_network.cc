#include "model/tasks/classification_network.h"

#include <ATen/ops/cat.h>

#include <vector>

namespace gvsl::model {

at::Tensor MeanLogit(const ClassificationNetwork& network, const at::Tensor& volume,
                     const VolumeExtent& window, const WindowFeatures& see) {
  std::vector<at::Tensor> logits;
  ForEachWindow(volume, window, [&](const at::Tensor& crop, const VolumeExtent& origin) {
    logits.push_back(network.Logits(see(crop, origin)));
  });
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
