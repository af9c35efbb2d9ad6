#include <algorithm>
#include <exception>
#include <functional>

#include "common/text.h"
#include "model/methods/methods.h"

namespace gvsl::model {
namespace {

struct Row {
  const char* name;
  MethodPointer (*make)(const MethodOptions&);
  std::int64_t least_batch = 1;    // over all slots: what is compared has to be more than one
  std::int64_t least_volumes = 0;  // of the dataset
};

constexpr Row kMethods[] = {
    {"gvsl", MakeGvsl},
    {"gvsl-no-matching", MakeGvsl},
    {"gvsl-no-restoration", MakeGvsl},
    {"gvsl-no-affine", MakeGvsl},
    {"scratch", MakeScratch},
    {"denoising", MakeDenoising},
    {"inpainting", MakeInpainting},
    {"models-genesis", MakeModelsGenesis},
    {"rotation", MakeRotation},
    {"deepcluster", MakeDeepCluster, 1, 2},
    {"simsiam", MakeSimSiam, 2},
    {"byol", MakeByol, 2},
    {"simclr", MakeSimClr, 2},
    {"densecl", MakeDenseCl},
    {"mae", MakeMae},
};

StatusOr<const Row*> FindMethod(const std::string& method) {
  const auto* found = std::ranges::find(kMethods, method, &Row::name);
  if (found != std::end(kMethods)) return found;
  std::vector<std::string> names;
  for (const Row& row : kMethods) names.emplace_back(row.name);
  const std::string reason =
      Concat("no method \"", method, "\"; did you mean \"", NearestWord(method, names), "\"?");
  return InvalidArgumentError(reason).WithViolation("method", reason);
}

Status CheckOptions(const Row& row, const MethodOptions& options) {
  const auto refuse = [](const char* field, const std::string& reason) {
    return InvalidArgumentError(reason).WithViolation(field, reason);
  };
  if (options.width < 8 || options.width % 8 != 0 || options.width > 1024) {
    return refuse("model.width",
                  Concat("width ", options.width, " is not a multiple of 8 between 8 and 1024"));
  }
  if (options.slots * options.batch_per_slot < row.least_batch) {
    return refuse("slots", Concat("method ", row.name,
                                  " compares samples of one step: slots * "
                                  "batch_per_slot must be at least ",
                                  row.least_batch));
  }
  if (options.volumes < row.least_volumes) {
    return refuse("dataset", Concat("method ", row.name, " needs a dataset of at least ",
                                    row.least_volumes, " volumes"));
  }
  return OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<Method>> MakeMethod(const MethodOptions& options) {
  GVSL_ASSIGN_OR_RETURN(const Row* row, FindMethod(options.method));
  GVSL_RETURN_IF_ERROR(CheckOptions(*row, options));
  try {
    return row->make(options);
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError("not enough memory for the network");
  } catch (const std::exception& error) {
    return InternalError(Concat("building the network: ", error.what()));
  }
}

}  // namespace gvsl::model
