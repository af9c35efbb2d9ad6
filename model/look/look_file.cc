#include "model/look/look_file.h"

#include <vector>

#include "common/safetensors.h"

namespace gvsl::model {
namespace {

StatusOr<DType> TypeOf(const std::string& name, const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return DType::kF32;
    case at::kInt:
      return DType::kI32;
    default:
      return InvalidArgumentError(name + " is of a type that is not written");
  }
}

}  // namespace

Status WriteLook(FileSystem& files, const std::string& path,
                 const std::map<std::string, at::Tensor>& tensors,
                 const std::map<std::string, std::string>& metadata) {
  std::vector<at::Tensor> dense;
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    GVSL_ASSIGN_OR_RETURN(const DType type, TypeOf(name, tensor));
    dense.push_back(tensor.contiguous());
    const auto sizes = dense.back().sizes();
    views[name] = {
        type,
        {sizes.begin(), sizes.end()},
        {static_cast<const char*>(dense.back().const_data_ptr()), dense.back().nbytes()}};
  }
  const std::string aside = path + ".partial";
  const auto written = WriteSafetensors(files, aside, views, metadata);
  if (!written.ok()) return written.status().WithContext(path);
  return files.Rename(aside, path);
}

}  // namespace gvsl::model
