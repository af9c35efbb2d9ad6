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
  const at::Tensor logit =
      MeanLogit(network, scan.voxels.to(device), WindowOver(trained, scan.grid.size));
  GVSL_RETURN_IF_ERROR(CheckFinite(trained, logit));
  return logit.sigmoid().item<double>();
}

}  // namespace gvsl::model
