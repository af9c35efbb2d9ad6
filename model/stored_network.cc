#include "model/stored_network.h"

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
  options.matching = has("out_flow.weight");
  options.affine = has("fc_rot.weight");
  options.restoration = has("res_conv.0.weight");
  return options;
}

}  // namespace

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
