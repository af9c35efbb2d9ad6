#include "model/unet_padding.h"

#include <ATen/ops/constant_pad_nd.h>

#include <array>
#include <cstdint>

namespace gvsl::model {
namespace {

constexpr std::int64_t kMultiple = 16;

// How much an axis of n voxels lacks to a multiple of 16.
std::int64_t Lacking(std::int64_t n) { return (kMultiple - n % kMultiple) % kMultiple; }

}  // namespace

at::Tensor PadToMultiple(const at::Tensor& x) {
  std::array<std::int64_t, 6> padding{};
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t lacking = Lacking(x.size(4 - axis));
    padding[2 * axis] = lacking / 2;
    padding[2 * axis + 1] = lacking - lacking / 2;
  }
  return padding == std::array<std::int64_t, 6>{} ? x : at::constant_pad_nd(x, padding);
}

at::Tensor CropBack(at::Tensor x, const at::Tensor& like) {
  for (int axis = 2; axis < 5; ++axis) {
    x = x.narrow(axis, Lacking(like.size(axis)) / 2, like.size(axis));
  }
  return x.contiguous();
}

}  // namespace gvsl::model
