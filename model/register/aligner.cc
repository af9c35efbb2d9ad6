#include "model/register/aligner.h"

#include <ATen/core/grad_mode.h>

#include <exception>
#include <new>
#include <utility>

#include "common/stored_weights.h"
#include "common/text.h"
#include "model/weights_file.h"

namespace gvsl::model {
namespace {

using StoredTensors = std::map<std::string, TensorView>;

StatusOr<NetworkOptions> OptionsOf(const StoredTensors& stored) {
  const auto has = [&stored](const char* name) { return stored.contains(name); };
  const auto first = stored.find("unet.inc.double_conv.0.weight");
  if (first == stored.end() || first->second.shape.size() != 5) {
    return FailedPreconditionError(
        "no weights of a GVSL network: no unet.inc.double_conv.0.weight");
  }
  NetworkOptions options;
  options.width = first->second.shape[0];
  if (options.width < 8 || options.width % 8 != 0 || options.width > 1024) {
    return FailedPreconditionError(Concat("weights of an impossible width ", options.width));
  }
  if (!has("out_flow.weight")) {
    return FailedPreconditionError("these weights have no matching head (out_flow.weight)");
  }
  options.affine = has("fc_rot.weight");
  options.restoration = has("res_conv.0.weight");
  return options;
}

at::Tensor AsBatch(const at::Tensor& volume) { return volume.unsqueeze(0).unsqueeze(0); }

}  // namespace

StatusOr<Aligner> Aligner::Build(const StoredTensors& stored, at::Device device,
                                 Geometry geometry) {
  GVSL_ASSIGN_OR_RETURN(NetworkOptions options, OptionsOf(stored));
  options.device = device;
  options.geometry = geometry;
  auto network = std::make_unique<GvslNetwork>(options);
  GVSL_RETURN_IF_ERROR(LoadWeights(stored, network->parameters()));
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
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError("not enough memory to align");
  } catch (const std::exception& error) {
    return InternalError(Concat("aligning: ", error.what()));
  }
}

}  // namespace gvsl::model
