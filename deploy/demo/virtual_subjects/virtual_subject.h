// One virtual subject: the head, deformed, with changed intensities and noise; its regions,
// deformed alike. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "data_loader/dataset_manifest.h"
#include "data_loader/nifti_reader.h"
#include "data_loader/volume_reader.h"
#include "deploy/demo/virtual_subjects/deformation.h"

namespace gvsl::demo {

struct Head {
  data_loader::RawVolume image;
  data_loader::LabelMap labels;
};

struct VirtualSubject {
  data_loader::Grid grid;
  std::vector<std::int16_t> image;   // 0 to about 1000
  std::vector<std::int32_t> labels;  // nearest neighbour
  double smallest_jacobian = 0;
  double displacement_mm = 0;  // mean over labelled voxels
};

// A grid along RAS of `spacing_mm` around the head, a tenth wider than it.
data_loader::Grid SubjectGrid(const data_loader::RawVolume& head, double spacing_mm);

// A pure function of its arguments. The image averages 3x3x3 points a voxel, so that a coarse grid
// does not alias.
VirtualSubject MakeVirtualSubject(const Head& head, const data_loader::Grid& grid,
                                  const DeformationRange& range, std::uint64_t seed,
                                  std::uint64_t subject);

}  // namespace gvsl::demo
