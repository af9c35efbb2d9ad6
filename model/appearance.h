// Damage to a volume's appearance, which the restoration head learns to undo. Values stay in [0,
// 1].
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "common/philox.h"

namespace gvsl::model {

// Voxels of one volume, z, y, x with x fastest, changed in place.
struct MutableVolume {
  std::array<std::int64_t, 3> size{};
  std::span<float> voxels;
};

// The voxels of 5,000 boxes of a twentieth of every axis permuted, each box for itself, read from
// the volume as it came. Does nothing when an axis has fewer than 20 voxels.
void ShuffleLocally(const MutableVolume& volume, Philox& draws);

// A random intensity_curve.h curve.
void BendIntensities(const MutableVolume& volume, Philox& draws);

// Up to 30 boxes of uniform noise, each further one with probability 0.95, of a tenth to a fifth of
// every axis, at least 3 voxels away from the border. Does nothing where no such box fits.
void PaintBoxes(const MutableVolume& volume, Philox& draws);

// Shuffling with probability 0.8, bending with probability 0.9, painting always, in this order.
void DamageAppearance(const MutableVolume& volume, Philox& draws);

}  // namespace gvsl::model
