#include "model/methods/masks.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "model/draw_between.h"

namespace gvsl::model {
namespace {

using Triple = std::array<std::int64_t, 3>;

at::Tensor Box(const at::Tensor& mask, const Triple& begin, const Triple& size) {
  at::Tensor box = mask;
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t length = std::min(size[axis], mask.size(axis + 2) - begin[axis]);
    box = box.narrow(axis + 2, begin[axis], length);
  }
  return box;
}

}  // namespace

at::Tensor DrawBoxMask(at::IntArrayRef size, double share, Philox& draws) {
  at::Tensor mask = at::zeros({1, 1, size[0], size[1], size[2]}, at::kFloat);
  while (mask.mean().item<double>() < share) {
    Triple begin, length;
    for (int axis = 0; axis < 3; ++axis) {
      const std::int64_t least = std::max<std::int64_t>(1, size[axis] / 6);
      length[axis] = DrawBetween(draws, least, std::max(least, size[axis] / 3));
      begin[axis] = DrawBetween(draws, 0, size[axis] - length[axis]);
    }
    Box(mask, begin, length).fill_(1);
  }
  return mask;
}

at::Tensor DrawGridMask(at::IntArrayRef size, double share, Philox& draws) {
  Triple block, blocks;
  for (int axis = 0; axis < 3; ++axis) {
    block[axis] = std::clamp<std::int64_t>(size[axis] / 4, 1, 16);
    blocks[axis] = (size[axis] + block[axis] - 1) / block[axis];
  }
  const std::int64_t count = blocks[0] * blocks[1] * blocks[2];
  const auto hidden = static_cast<std::size_t>(std::lround(share * static_cast<double>(count)));
  const auto order = RandomPermutation(draws, static_cast<std::uint32_t>(count));
  at::Tensor mask = at::zeros({1, 1, size[0], size[1], size[2]}, at::kFloat);
  for (std::size_t k = 0; k < hidden; ++k) {
    const std::int64_t z = order[k] / (blocks[1] * blocks[2]);
    const std::int64_t y = order[k] / blocks[2] % blocks[1];
    const std::int64_t x = order[k] % blocks[2];
    Box(mask, {z * block[0], y * block[1], x * block[2]}, block).fill_(1);
  }
  return mask;
}

}  // namespace gvsl::model
