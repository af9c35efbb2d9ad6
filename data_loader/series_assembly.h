// How the slices of one series lie in space: a regular stack, or the reason why not. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "data_loader/geometry.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// As DICOM says it: LPS mm.
struct SliceGeometry {
  std::array<double, 3> position{};       // centre of the first pixel
  std::array<double, 6> orientation{};    // unit vectors along a row, along a column
  std::array<double, 2> pixel_spacing{};  // between rows, between columns
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

Vector3 RowDirection(const SliceGeometry& slice);  // along a row: from a column to the next
Vector3 ColumnDirection(const SliceGeometry& slice);

inline constexpr std::size_t kFewestSlices = 3;  // of a volume

struct Tolerance {
  double direction = 1e-3;  // of each part of the unit vectors
  double spacing = 1e-3;    // of the spacing
};

// Of one size, direction and pixel spacing.
bool AreAlike(const SliceGeometry& a, const SliceGeometry& b, const Tolerance& tolerance = {});

// Unit vectors with a right angle, several rows and columns, all within volume_limits.h.
bool IsPlausible(const SliceGeometry& slice);

struct SliceStack {
  std::vector<std::size_t> order;      // positions in the input, along the normal
  std::array<std::int64_t, 3> size{};  // slices, rows, columns
  Affine to_ras{};                     // from (column, row, slice)
  // Slices lie evenly beside each other: the third axis is not across the others (gantry_tilt.h).
  bool is_tilted = false;
  // mm of each slice from the first, in order, where they are not evenly apart but almost
  // (even_slices.h); empty where they are.
  std::vector<double> uneven_places;
};

// The spacing of slices comes from their positions, never from a thickness. Codes: MIXED_SIZES,
// MIXED_PIXEL_SPACING, MIXED_ORIENTATION, INVALID_GEOMETRY, TOO_FEW_SLICES (under three),
// DUPLICATE_POSITION, MISSING_SLICE, UNEVEN_SPACING (by much, or with a tilt),
// SHIFTED_SLICES, GANTRY_TILT (over 45 degrees).
OrRejection<SliceStack> AssembleSlices(const std::vector<SliceGeometry>& slices);

}  // namespace gvsl::data_loader
