// Volumes from series of single-frame DICOM files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data_loader/dicom_reader.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// Files of one SeriesInstanceUID are one source, whatever folders they lie in; copies of a file are
// left out. Keeps the headers that Scan read for Read.
class DicomSeriesReader final : public VolumeReader {
 public:
  ScanResult Scan(const std::vector<std::string>& files) override;
  OrRejection<RawVolume> Read(const VolumeSource& source) override;

 private:
  std::map<std::string, std::vector<DicomHeader>> series_;  // by source path
};

}  // namespace gvsl::data_loader
