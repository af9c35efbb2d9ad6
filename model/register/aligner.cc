#include "model/register/aligner.h"

#include <ATen/core/grad_mode.h>

#include <exception>
#include <new>

#include "common/safetensors.h"
#include "common/text.h"
#include "model/trilinear_sampler.h"
#include "model/weights_file.h"

namespace gvsl::model {
namespace {

StatusOr<NetworkOptions> OptionsOf(const SafetensorsFile& file) {
  const auto has = [&file](const char* name) { return file.tensors().contains(name); };
  const auto first = file.Find("unet.inc.double_conv.0.weight");
  if (!first.ok() || first->shape.size() != 5) {
    return FailedPreconditionError(
        "no weights of a GVSL network: no unet.inc.double_conv.0.weight");
  }
  NetworkOptions options;
  options.width = first->shape[0];
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

StatusOr<Aligner> Aligner::Load(FileSystem& files, const std::string& path) {
  GVSL_ASSIGN_OR_RETURN(const SafetensorsFile file, SafetensorsFile::Open(files, path));
  const auto options = OptionsOf(file);
  if (!options.ok()) return options.status().WithContext(path);
  auto network = std::make_unique<GvslNetwork>(*options);
  GVSL_RETURN_IF_ERROR(LoadWeights(file, network->parameters()).WithContext(path));
  return Aligner(std::move(network));
}

StatusOr<Alignment> Aligner::Align(const at::Tensor& fixed, const at::Tensor& moving) const {
  const at::NoGradGuard no_graph;
  try {
    const NetworkOutput output = network_->Forward(AsBatch(fixed), AsBatch(moving));
    const at::Tensor warped = WarpByField(AsBatch(moving), output.matching.field);
    return Alignment{output.matching.field.squeeze(0).contiguous(), warped.squeeze(0).squeeze(0)};
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError("not enough memory to align");
  } catch (const std::exception& error) {
    return InternalError(Concat("aligning: ", error.what()));
  }
}

}  // namespace gvsl::model
