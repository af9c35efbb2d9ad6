// Siemens mosaics: the slices of a volume side by side in one picture, described in the CSA header.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data_loader/geometry.h"
#include "data_loader/pixel_format.h"
#include "data_loader/series_assembly.h"

namespace gvsl::data_loader {

struct Mosaic {
  std::int64_t slices = 0;
  Vector3 normal{};    // unit vector from a slice to the next, LPS
  double spacing = 0;  // mm between slices, by their positions
};

// From the headers of the image (0029,xx10) and of the series (0029,xx20). Nothing where they do
// not say how many slices there are and which way they lie, or where the positions of the protocol
// are not there, not evenly spaced or run the other way.
std::optional<Mosaic> ReadMosaic(std::span<const std::uint8_t> image_header,
                                 std::span<const std::uint8_t> series_header);

// How the tiles lie, row by row: as many along each side as needed. Empty where they do not divide
// the picture, or the normal is not across it. `picture` is placed as a scanner does it: about the
// middle of a slice.
std::vector<SliceGeometry> TilesOf(const SliceGeometry& picture, const Mosaic& mosaic);

// The values of one tile of a picture of `columns`.
SliceValues CutTile(const SliceValues& picture, std::int64_t columns, const SliceGeometry& tile,
                    std::size_t index);

}  // namespace gvsl::data_loader
