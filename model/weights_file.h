// Named weights in safetensors files.
#pragma once

#include <map>
#include <string>

#include "common/file_system.h"
#include "common/safetensors.h"
#include "common/status.h"
#include "model/parameters.h"

namespace gvsl::model {

// Views of float32 or float64 tensors on the CPU, dense and row-major, which must stay alive.
// INVALID_ARGUMENT names a tensor that is not so.
StatusOr<std::map<std::string, TensorView>> ViewTensors(const NamedTensors& tensors);

// Writes (not aside) and syncs. Equal weights give equal bytes.
Status SaveWeights(FileSystem& files, const std::string& path, const NamedTensors& weights);

// Copies the file's tensors into `weights`, which keep their type (float32 or float64). The names
// must be the same set. FAILED_PRECONDITION names a tensor that is missing, left over or of another
// shape or type; DATA_LOSS: the file is damaged. Nothing is changed unless all of it fits.
Status LoadWeights(FileSystem& files, const std::string& path, const NamedTensors& weights);
Status LoadWeights(const std::map<std::string, TensorView>& stored, const NamedTensors& weights);

}  // namespace gvsl::model
