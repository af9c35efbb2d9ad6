// Asked last, for what no other reader takes: an .img whose header is gone.
#pragma once

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

class LoneImageReader final : public VolumeReader {
 public:
  // Rejects every .img and .img.gz without a .hdr beside it (IMAGE_WITHOUT_HEADER); has no sources.
  ScanResult Scan(const std::vector<std::string>& files) override;
  VolumeExtent Extent(const VolumeSource& source) override;
  OrRejection<RawVolume> Read(const VolumeSource& source) override;
};

}  // namespace gvsl::data_loader
