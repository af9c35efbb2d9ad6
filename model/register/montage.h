// One picture by which a person can judge an alignment.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/register/gray_image.h"

namespace gvsl::model {

// Volumes z, y, x in [0, 1], all of `size`; `field` is (3, D, H, W) in voxels.
struct MontageInput {
  std::array<std::int64_t, 3> size{};
  std::span<const float> fixed;
  std::span<const float> moving;
  std::span<const float> warped;
  std::span<const float> field;
};

// Rows: the middle axial, coronal and sagittal slice, the higher coordinate at the top. Columns:
// fixed, moving, warped, the moving volume's voxel grid as it comes to lie on the fixed one (over
// the warped slice), and the differences moving - fixed before and warped - fixed after (middle
// grey is none). Small volumes are enlarged by a whole factor.
GrayImage MakeMontage(const MontageInput& input);

}  // namespace gvsl::model
