// Of a build without CUDA.
#include "model/cuda/devices.h"

namespace gvsl::model::cuda {

DeviceList Devices() { return {{}, "this build has no CUDA (make gpu builds one that has)"}; }

std::string LibraryVersions() { return ""; }

std::int64_t MemoryRefusals(int /*device*/) { return 0; }

}  // namespace gvsl::model::cuda
