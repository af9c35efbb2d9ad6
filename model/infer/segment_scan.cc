#include "model/infer/segment_scan.h"

#include <ATen/TensorOperators.h>

#include <algorithm>

#include "model/infer/finite.h"
#include "model/tasks/segmentation_network.h"
#include "model/tasks/sliding_window.h"
#include "model/weights_file.h"

namespace gvsl::model {

StatusOr<at::Tensor> ClassProbabilities(FileSystem& files, const TrainedNetwork& trained,
                                        const PreparedScan& scan, at::Device device) {
  ParameterList parameters(at::TensorOptions(at::kFloat).device(device));
  const SegmentationNetwork network(parameters, trained.manifest.width, trained.manifest.classes);
  GVSL_RETURN_IF_ERROR(LoadWeights(files, trained.weights, parameters.all()));
  at::Tensor sums =
      SumOverWindows(scan.voxels, WindowOver(trained, scan.grid.size),
                     [&](const at::Tensor& volume, const VolumeExtent&) {
                       return network.Probabilities(network.Features(volume.to(device)));
                     });
  GVSL_RETURN_IF_ERROR(CheckFinite(trained, sums));
  return sums.div_(sums.sum(0, true));
}

std::vector<double> LikeliestClasses(const at::Tensor& probabilities,
                                     const data_loader::VoxelGrid& from,
                                     const data_loader::VoxelGrid& grid) {
  std::vector<double> likeliest(static_cast<std::size_t>(grid.voxels()), 0);
  std::vector<float> greatest(likeliest.size(), 0);
  for (std::int64_t k = 0; k < probabilities.size(0); ++k) {
    const at::Tensor one = probabilities[k].contiguous();
    const std::vector<float> here = data_loader::OntoGrid(
        from, {one.const_data_ptr<float>(), static_cast<std::size_t>(one.numel())}, grid);
    for (std::size_t i = 0; i < here.size(); ++i) {
      if (here[i] <= greatest[i]) continue;
      greatest[i] = here[i];
      likeliest[i] = static_cast<double>(k);
    }
  }
  return likeliest;
}

}  // namespace gvsl::model
