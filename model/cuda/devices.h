// The GPUs of this machine, as far as this process may use them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gvsl::model::cuda {

struct DeviceFacts {
  std::string name;        // "NVIDIA H100 80GB HBM3"
  std::string capability;  // "9.0"
  std::string uuid;        // 32 hexadecimal digits; the same in every process
};

struct DeviceList {
  std::vector<DeviceFacts> found;  // cuda:0, cuda:1, ...
  std::string why_none;            // where none was found
};

DeviceList Devices();

// Versions of what computes there: "cuda-13.0/cudnn-91900".
std::string LibraryVersions();

// How often LibTorch's allocator could not serve a device, its cache emptied.
std::int64_t MemoryRefusals(int device);

}  // namespace gvsl::model::cuda
