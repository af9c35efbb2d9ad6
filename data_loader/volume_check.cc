#include "data_loader/volume_check.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/text.h"
#include "data_loader/geometry.h"
#include "data_loader/volume_limits.h"

namespace gvsl::data_loader {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 15;
constexpr float kLargest = std::numeric_limits<float>::max();

bool IsPlausible(const Affine& to_ras) {
  for (int axis = 0; axis < 3; ++axis) {
    const double spacing = Length(Column(to_ras, axis));
    if (!(spacing >= kShortestSpacing && spacing <= kLongestSpacing)) return false;
    if (!(std::abs(to_ras[axis][3]) <= kFarthestOrigin)) return false;
  }
  return IsInvertible(to_ras);
}

}  // namespace

Rejection CheckGrid(const std::array<std::int64_t, 3>& size, const Affine& to_ras) {
  double voxels = 1;
  for (std::int64_t length : size) {
    voxels *= static_cast<double>(length);
    if (length > kLongestAxis) {
      return {"TOO_LARGE", Concat("it would have ", length, " voxels along one axis; at most ",
                                  kLongestAxis, " are taken")};
    }
  }
  if (voxels > static_cast<double>(kMostVoxels)) {
    return {"TOO_LARGE", Concat("it would have ", size[0], " x ", size[1], " x ", size[2],
                                " voxels; at most ", kMostVoxels, " are taken")};
  }
  if (!IsPlausible(to_ras)) {
    return {"INVALID_GEOMETRY",
            "its matrix from voxels to mm is singular, not finite or beyond any scanner's"};
  }
  return {};
}

Rejection CheckVoxels(const std::vector<float>& voxels) {
  std::int64_t bad = 0;
  for (std::size_t begin = 0; begin < voxels.size(); begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, voxels.size());
    std::int32_t in_block = 0;
    for (std::size_t i = begin; i < end; ++i) {
      in_block += static_cast<std::int32_t>(!(std::abs(voxels[i]) <= kLargest));
    }
    bad += in_block;
  }
  if (bad == 0) return {};
  return {"NON_FINITE", Concat(bad, " voxels are not finite numbers; replace them and try again")};
}

OrRejection<RawVolume> ReadVolume(VolumeReader& reader, const VolumeSource& source) {
  return Guarded([&]() -> OrRejection<RawVolume> {
    OrRejection<RawVolume> read = reader.Read(source);
    if (const auto* volume = std::get_if<RawVolume>(&read)) {
      if (Rejection found = CheckGrid(volume->size, volume->to_ras); !found.code.empty()) {
        return found;
      }
      if (volume->is_finite) return read;
      if (Rejection found = CheckVoxels(volume->voxels); !found.code.empty()) return found;
    }
    return read;
  });
}

}  // namespace gvsl::data_loader
