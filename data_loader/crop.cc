#include "data_loader/crop.h"

#include <algorithm>
#include <cassert>

#include "common/philox.h"

namespace gvsl::data_loader {
namespace {

// The box of B whose centre divides B as A's box divides A, to the nearest voxel, halves down. In
// whole numbers: centre_a = (2 origin + patch) / (2 size_a).
std::int64_t SameRelativeCentre(std::int64_t origin_a, std::int64_t size_a, std::int64_t size_b,
                                std::int64_t patch) {
  const std::int64_t room = std::max<std::int64_t>(0, size_b - patch);
  if (size_a < patch) return room / 2;
  const std::int64_t twice = (2 * origin_a + patch) * size_b - patch * size_a;  // 2 size_a origin_b
  if (twice <= 0) return 0;
  return std::min(room, (twice + size_a - 1) / (2 * size_a));
}

// Rows of the box that lie in the volume, by where they begin in the volume and in the patch.
template <typename CopyRow>
void ForEachRow(const std::array<std::int64_t, 3>& size, const std::array<std::int64_t, 3>& origin,
                const std::array<std::int64_t, 3>& patch, const std::array<std::int64_t, 3>& count,
                const CopyRow& copy) {
  for (std::int64_t z = 0; z < count[0]; ++z) {
    for (std::int64_t y = 0; y < count[1]; ++y) {
      const std::int64_t row = (origin[0] + z) * size[1] + origin[1] + y;
      copy(row * size[2] + origin[2], (z * patch[1] + y) * patch[2]);
    }
  }
}

std::array<std::int64_t, 3> CountInside(const std::array<std::int64_t, 3>& size,
                                        const std::array<std::int64_t, 3>& origin,
                                        const std::array<std::int64_t, 3>& patch) {
  std::array<std::int64_t, 3> count{};
  for (int axis = 0; axis < 3; ++axis) {
    count[axis] = std::clamp<std::int64_t>(size[axis] - origin[axis], 0, patch[axis]);
  }
  return count;
}

}  // namespace

CropPair DrawCrop(std::uint64_t seed, std::uint64_t step, std::uint32_t slot, std::uint32_t item,
                  const std::array<std::int64_t, 3>& size_a,
                  const std::array<std::int64_t, 3>& size_b,
                  const std::array<std::int64_t, 3>& patch) {
  Philox philox(seed, DrawPurpose::kCrop, step, (std::uint64_t{slot} << 32) | item);
  CropPair crop;
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t room = std::max<std::int64_t>(0, size_a[axis] - patch[axis]);
    crop.a[axis] = philox.NextBelow(static_cast<std::uint32_t>(room) + 1);
    crop.b[axis] = SameRelativeCentre(crop.a[axis], size_a[axis], size_b[axis], patch[axis]);
  }
  return crop;
}

void CopyCrop(const VolumeView& volume, const std::array<std::int64_t, 3>& origin,
              const std::array<std::int64_t, 3>& patch, std::span<float> out) {
  assert(static_cast<std::int64_t>(out.size()) == patch[0] * patch[1] * patch[2]);
  const auto count = CountInside(volume.size, origin, patch);
  if (count != patch) std::fill(out.begin(), out.end(), 0.0F);
  ForEachRow(volume.size, origin, patch, count, [&](std::int64_t from, std::int64_t to) {
    std::copy_n(volume.voxels.data() + from, count[2], out.data() + to);
  });
}

void CopyClasses(const VolumeView& volume, const ClassMap& classes,
                 const std::array<std::int64_t, 3>& origin,
                 const std::array<std::int64_t, 3>& patch, std::span<std::int64_t> out) {
  assert(static_cast<std::int64_t>(out.size()) == patch[0] * patch[1] * patch[2]);
  const auto count = CountInside(volume.size, origin, patch);
  if (count != patch) std::fill(out.begin(), out.end(), -1);
  ForEachRow(volume.size, origin, patch, count, [&](std::int64_t from, std::int64_t to) {
    std::transform(volume.labels->data() + from, volume.labels->data() + from + count[2],
                   out.data() + to, [&](std::int32_t value) { return ClassOf(classes, value); });
  });
}

}  // namespace gvsl::data_loader
