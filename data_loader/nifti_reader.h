// Volumes from NIfTI files.
#pragma once

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

class NiftiReader final : public VolumeReader {
 public:
  // Every .nii and .nii.gz is a source, and every .hdr (.hdr.gz) of NIfTI or ANALYZE together with
  // the .img beside it, if it was found by either. Other files of these names are left.
  ScanResult Scan(const std::vector<std::string>& files) override;
  VolumeExtent Extent(const VolumeSource& source) override;
  // Of several volumes the first, with a warning (FURTHER_VOLUMES); complex numbers as their
  // magnitude, with another (MAGNITUDE_TAKEN); a third axis that is not across the other two as
  // slices of a tilted gantry are (TILT_CORRECTED).
  OrRejection<RawVolume> Read(const VolumeSource& source) override;
};

// Label values of a map, z, y, x, with its matrix; LABEL_NOT_INTEGER when a value is none,
// FOUR_DIMENSIONAL when there are several volumes.
struct LabelMap {
  std::array<std::int64_t, 3> size{};
  Affine to_ras{};
  std::vector<std::int32_t> values;
};
OrRejection<LabelMap> ReadLabelMap(const std::string& path);

}  // namespace gvsl::data_loader
