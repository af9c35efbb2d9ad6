// What somebody draws pictures of, as one safetensors file (docs/compare.md names its tensors).
#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "common/file_system.h"
#include "common/status.h"

namespace gvsl::model {

// Tensors by name, float32 or int32, on the CPU; `metadata` as safetensors has it.
// INVALID_ARGUMENT names a tensor of another type.
Status WriteLook(FileSystem& files, const std::string& path,
                 const std::map<std::string, at::Tensor>& tensors,
                 const std::map<std::string, std::string>& metadata);

}  // namespace gvsl::model
