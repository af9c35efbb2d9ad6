#include <algorithm>
#include <exception>

#include "common/text.h"
#include "model/gvsl_method.h"

namespace gvsl::model {
namespace {

const std::vector<std::string>& KnownMethods() {
  static const auto& names =
      *new std::vector<std::string>{"gvsl",           "gvsl-no-matching", "gvsl-no-restoration",
                                    "gvsl-no-affine", "scratch",          "denoising",
                                    "inpainting",     "models-genesis",   "rotation",
                                    "deepcluster",    "simsiam",          "byol",
                                    "simclr",         "densecl",          "mae"};
  return names;
}

Status CheckMethod(const std::string& method) {
  const auto& known = KnownMethods();
  if (std::find(known.begin(), known.end(), method) == known.end()) {
    const std::string reason =
        Concat("no method \"", method, "\"; did you mean \"", NearestWord(method, known), "\"?");
    return InvalidArgumentError(reason).WithViolation("method", reason);
  }
  if (!method.starts_with("gvsl")) {
    return UnimplementedError(Concat("method ", method, " is not implemented yet"));
  }
  return OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<Method>> MakeMethod(const MethodOptions& options) {
  GVSL_RETURN_IF_ERROR(CheckMethod(options.method));
  if (options.width < 8 || options.width % 8 != 0 || options.width > 1024) {
    const std::string reason =
        Concat("width ", options.width, " is not a multiple of 8 between 8 and 1024");
    return InvalidArgumentError(reason).WithViolation("model.width", reason);
  }
  NetworkOptions network;
  network.width = options.width;
  network.device = options.device;
  network.geometry = options.geometry;
  network.matching = options.method != "gvsl-no-matching";
  network.restoration = options.method != "gvsl-no-restoration";
  network.affine = options.method != "gvsl-no-affine";
  try {
    return std::unique_ptr<Method>(std::make_unique<GvslMethod>(network, options.seed));
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError("not enough memory for the network");
  } catch (const std::exception& error) {
    return InternalError(Concat("building the network: ", error.what()));
  }
}

}  // namespace gvsl::model
