#include "model/device.h"

#include <algorithm>
#include <charconv>

#include "common/text.h"
#include "model/cuda/devices.h"

namespace gvsl::model {
namespace {

constexpr std::string_view kCuda = "cuda:";

}  // namespace

StatusOr<c10::Device> FindDevice(const std::string& name) {
  if (name == "cpu") return c10::Device(c10::kCPU);
  int index = -1;
  const char* const end = name.data() + name.size();
  const char* const digits = name.data() + std::min(name.size(), kCuda.size());
  const auto read = std::from_chars(digits, end, index);
  if (!name.starts_with(kCuda) || read.ptr != end || read.ec != std::errc() || index < 0) {
    return InvalidArgumentError(Concat("device '", name, "': cpu or cuda:N is expected"));
  }
  const cuda::DeviceList devices = cuda::Devices();
  if (index < static_cast<int>(devices.found.size())) {
    return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
  }
  const std::string why = devices.found.empty()
                              ? devices.why_none
                              : Concat("this process sees ", devices.found.size(), " of them");
  return NotFoundError(Concat("there is no device ", name, ": ", why));
}

}  // namespace gvsl::model
