#include <algorithm>
#include <exception>
#include <functional>

#include "common/text.h"
#include "model/methods/methods.h"
#include "model/tasks/tasks.h"

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

struct TaskRow {
  const char* name;
  MethodPointer (*make)(const MethodOptions&);
};

constexpr TaskRow kTasks[] = {
    {"segment", MakeSegmentTask},
    {"classify", MakeClassifyTask},
    {"register", MakeRegisterTask},
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

Status Refuse(const char* field, const std::string& reason) {
  return InvalidArgumentError(reason).WithViolation(field, reason);
}

Status CheckWidth(std::int64_t width) {
  if (width >= 8 && width % 8 == 0 && width <= 1024) return OkStatus();
  return Refuse("model.width",
                Concat("width ", width, " is not a multiple of 8 between 8 and 1024"));
}

Status CheckOptions(const Row& row, const MethodOptions& options) {
  if (options.slots * options.batch_per_slot < row.least_batch) {
    return Refuse("slots", Concat("method ", row.name,
                                  " compares samples of one step: slots * "
                                  "batch_per_slot must be at least ",
                                  row.least_batch));
  }
  if (options.volumes < row.least_volumes) {
    return Refuse("dataset", Concat("method ", row.name, " needs a dataset of at least ",
                                    row.least_volumes, " volumes"));
  }
  return OkStatus();
}

using Maker = MethodPointer (*)(const MethodOptions&);

StatusOr<Maker> FindMaker(const MethodOptions& options) {
  if (options.task.task.empty()) {
    GVSL_ASSIGN_OR_RETURN(const Row* row, FindMethod(options.method));
    GVSL_RETURN_IF_ERROR(CheckOptions(*row, options));
    return row->make;
  }
  const auto* found = std::ranges::find(kTasks, options.task.task, &TaskRow::name);
  if (found != std::end(kTasks)) return found->make;
  return Refuse("task", Concat("no task \"", options.task.task, "\""));
}

}  // namespace

StatusOr<std::unique_ptr<Method>> MakeMethod(const MethodOptions& options) {
  GVSL_RETURN_IF_ERROR(CheckWidth(options.width));
  GVSL_ASSIGN_OR_RETURN(const Maker make, FindMaker(options));
  try {
    return make(options);
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError("not enough memory for the network");
  } catch (const std::exception& error) {
    return InternalError(Concat("building the network: ", error.what()));
  }
}

}  // namespace gvsl::model
