#include "model/register/aligner.h"

#include <ATen/core/grad_mode.h>

#include <exception>
#include <utility>

#include "common/stored_weights.h"
#include "common/text.h"
#include "model/memory.h"
#include "model/stored_network.h"

namespace gvsl::model {
namespace {

at::Tensor AsBatch(const at::Tensor& volume) { return volume.unsqueeze(0).unsqueeze(0); }

}  // namespace

StatusOr<Aligner> Aligner::Build(const std::map<std::string, TensorView>& stored, at::Device device,
                                 Geometry geometry) {
  GVSL_ASSIGN_OR_RETURN(auto network, MakeStoredNetwork(stored, device, geometry));
  if (!network->options().matching) {
    return FailedPreconditionError("these weights have no matching head (out_flow.weight)");
  }
  return Aligner(std::move(network));
}

StatusOr<Aligner> Aligner::Load(FileSystem& files, const std::string& path, at::Device device,
                                Geometry geometry) {
  GVSL_ASSIGN_OR_RETURN(const StoredWeights stored, StoredWeights::Open(files, path));
  StatusOr<Aligner> aligner = Build(stored.tensors(), device, geometry);
  if (!aligner.ok()) return aligner.status().WithContext(stored.path());
  return aligner;
}

StatusOr<Alignment> Aligner::Align(const at::Tensor& fixed, const at::Tensor& moving) const {
  const at::NoGradGuard no_graph;
  const at::Device device = network_->options().device;
  try {
    const NetworkOutput output =
        network_->Forward(AsBatch(fixed.to(device)), AsBatch(moving.to(device)));
    return Alignment{WholeField(output.matching).squeeze(0).contiguous().cpu(),
                     output.warped.squeeze(0).squeeze(0).cpu()};
  } catch (const std::exception& error) {
    if (IsShortOfMemory(error)) return ResourceExhaustedError("not enough memory to align");
    return InternalError(Concat("aligning: ", error.what()));
  }
}

}  // namespace gvsl::model
