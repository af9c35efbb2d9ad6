// Which box of each volume a pair's crop is, and its copy. Pure.
//
// A's box is uniform over the places where it fits; B's lies at the same relative centre, so that
// about the same anatomy is seen. An axis shorter than the patch is taken whole and zero-padded at
// its end.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "data_loader/dataset.h"
#include "data_loader/downstream.h"

namespace gvsl::data_loader {

// First voxel of each box; z, y, x.
struct CropPair {
  std::array<std::int64_t, 3> a{};
  std::array<std::int64_t, 3> b{};
  bool operator==(const CropPair&) const = default;
};

// A pure function of its arguments; the same on every machine.
CropPair DrawCrop(std::uint64_t seed, std::uint64_t step, std::uint32_t slot, std::uint32_t item,
                  const std::array<std::int64_t, 3>& size_a,
                  const std::array<std::int64_t, 3>& size_b,
                  const std::array<std::int64_t, 3>& patch);

// Fills `out`, which has exactly the patch's voxels, z, y, x.
void CopyCrop(const VolumeView& volume, const std::array<std::int64_t, 3>& origin,
              const std::array<std::int64_t, 3>& patch, std::span<float> out);
// The classes of the volume's labels, likewise; -1 beyond its end. It has labels.
void CopyClasses(const VolumeView& volume, const ClassMap& classes,
                 const std::array<std::int64_t, 3>& origin,
                 const std::array<std::int64_t, 3>& patch, std::span<std::int64_t> out);

}  // namespace gvsl::data_loader
