#include "model/stored_network.h"

#include "common/text.h"
#include "model/weights_file.h"

namespace gvsl::model {
namespace {

using StoredTensors = std::map<std::string, TensorView>;

StatusOr<NetworkOptions> OptionsOf(const StoredTensors& stored) {
  NetworkOptions options;
  GVSL_ASSIGN_OR_RETURN(options.width, StoredWidth(stored));
  options.matching = stored.contains("out_flow.weight");
  options.affine = stored.contains("fc_rot.weight");
  options.restoration = stored.contains("res_conv.0.weight");
  return options;
}

}  // namespace

StatusOr<std::int64_t> StoredWidth(const StoredTensors& stored) {
  const auto first = stored.find("unet.inc.double_conv.0.weight");
  if (first == stored.end() || first->second.shape.size() != 5) {
    return FailedPreconditionError(
        "no weights of a GVSL network: no unet.inc.double_conv.0.weight");
  }
  const std::int64_t width = first->second.shape[0];
  if (width < 8 || width % 8 != 0 || width > 1024) {
    return FailedPreconditionError(Concat("weights of an impossible width ", width));
  }
  return width;
}

StatusOr<std::unique_ptr<GvslNetwork>> MakeStoredNetwork(const StoredTensors& stored,
                                                         at::Device device, Geometry geometry) {
  GVSL_ASSIGN_OR_RETURN(NetworkOptions options, OptionsOf(stored));
  options.device = device;
  options.geometry = geometry;
  auto network = std::make_unique<GvslNetwork>(options);
  GVSL_RETURN_IF_ERROR(LoadWeights(stored, network->parameters()));
  return network;
}

}  // namespace gvsl::model
