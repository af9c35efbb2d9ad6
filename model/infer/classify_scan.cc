#include "model/infer/classify_scan.h"

#include "model/infer/finite.h"
#include "model/tasks/classification_network.h"
#include "model/weights_file.h"

namespace gvsl::model {

StatusOr<double> ClassProbability(FileSystem& files, const TrainedNetwork& trained,
                                  const PreparedScan& scan, at::Device device) {
  ParameterList parameters(at::TensorOptions(at::kFloat).device(device));
  const ClassificationNetwork network(parameters, trained.manifest.width);
  GVSL_RETURN_IF_ERROR(LoadWeights(files, trained.weights, parameters.all()));
  const at::Tensor volume = PaddedTo(scan.voxels, trained.manifest.patch).to(device);
  const auto& patch = trained.manifest.patch;
  const VolumeExtent window =
      patch[0] > 0 ? patch : VolumeExtent{volume.size(0), volume.size(1), volume.size(2)};
  const at::Tensor logit = MeanLogit(network, volume, window);
  GVSL_RETURN_IF_ERROR(CheckFinite(trained, logit));
  return logit.sigmoid().item<double>();
}

}  // namespace gvsl::model
