#include "model/weights_file.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>

#include <exception>
#include <set>
#include <vector>

#include "common/text.h"

namespace gvsl::model {
namespace {

bool IsFloating(DType dtype) { return dtype == DType::kF32 || dtype == DType::kF64; }

std::string ShapeText(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> sizes;
  for (const std::int64_t size : shape) sizes.push_back(std::to_string(size));
  return Concat("(", Join(sizes, ", "), ")");
}

Status CheckFits(const std::string& name, const TensorView& stored, const at::Tensor& wanted) {
  if (stored.shape != wanted.sizes().vec()) {
    return FailedPreconditionError(Concat("tensor ", name, " has shape ", ShapeText(stored.shape),
                                          ", wanted ", ShapeText(wanted.sizes().vec())));
  }
  if (!IsFloating(stored.dtype)) {
    return FailedPreconditionError(
        Concat("tensor ", name, " is ", DTypeName(stored.dtype), ", wanted F32 or F64"));
  }
  return OkStatus();
}

Status CheckAllFit(const std::map<std::string, TensorView>& stored, const NamedTensors& weights) {
  std::set<std::string> names;
  for (const auto& [name, tensor] : weights) {
    names.insert(name);
    const auto found = stored.find(name);
    if (found == stored.end()) {
      return FailedPreconditionError(Concat("tensor ", name, " is missing"));
    }
    GVSL_RETURN_IF_ERROR(CheckFits(name, found->second, tensor));
  }
  for (const auto& [name, view] : stored) {
    if (!names.contains(name)) {
      return FailedPreconditionError(Concat("tensor ", name, " belongs to no part of the network"));
    }
  }
  return OkStatus();
}

void CopyInto(const TensorView& stored, at::Tensor tensor) {
  const at::ScalarType type = stored.dtype == DType::kF64 ? at::kDouble : at::kFloat;
  // The tensor is only read, though from_blob asks for writable memory.
  void* bytes = const_cast<char*>(stored.bytes.data());
  tensor.copy_(at::from_blob(bytes, stored.shape, type));
}

}  // namespace

StatusOr<std::map<std::string, TensorView>> ViewTensors(const NamedTensors& tensors) {
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    const bool is_double = tensor.scalar_type() == at::kDouble;
    if (!tensor.device().is_cpu() || !tensor.is_contiguous() ||
        (!is_double && tensor.scalar_type() != at::kFloat)) {
      return InvalidArgumentError(
          Concat("tensor ", name, " is not a dense float tensor in main memory"));
    }
    TensorView view;
    view.dtype = is_double ? DType::kF64 : DType::kF32;
    view.shape = tensor.sizes().vec();
    view.bytes = {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()};
    if (!views.emplace(name, view).second) {
      return InvalidArgumentError(Concat("tensor ", name, " occurs twice"));
    }
  }
  return views;
}

Status SaveWeights(FileSystem& files, const std::string& path, const NamedTensors& weights) {
  GVSL_ASSIGN_OR_RETURN(const auto views, ViewTensors(weights));
  return WriteSafetensors(files, path, views).status();
}

Status LoadWeights(const std::map<std::string, TensorView>& stored, const NamedTensors& weights) {
  GVSL_RETURN_IF_ERROR(CheckAllFit(stored, weights));
  const at::NoGradGuard no_graph;
  try {
    for (const auto& [name, tensor] : weights) CopyInto(stored.at(name), tensor);
  } catch (const std::exception& error) {
    return InternalError(Concat("copying weights: ", error.what()));
  }
  return OkStatus();
}

Status LoadWeights(FileSystem& files, const std::string& path, const NamedTensors& weights) {
  GVSL_ASSIGN_OR_RETURN(const SafetensorsFile file, SafetensorsFile::Open(files, path));
  return LoadWeights(file.tensors(), weights).WithContext(path);
}

}  // namespace gvsl::model
