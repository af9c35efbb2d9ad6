// Volumes from NIfTI-1 files.
#pragma once

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

class NiftiReader final : public VolumeReader {
 public:
  // Every .nii and .nii.gz is a source.
  ScanResult Scan(const std::vector<std::string>& files) override;
  OrRejection<RawVolume> Read(const VolumeSource& source) override;
};

// Label values of a map, z, y, x, with its matrix; LABEL_NOT_INTEGER when a value is none.
struct LabelMap {
  std::array<std::int64_t, 3> size{};
  Affine to_ras{};
  std::vector<std::int32_t> values;
};
OrRejection<LabelMap> ReadLabelMap(const std::string& path);

}  // namespace gvsl::data_loader
