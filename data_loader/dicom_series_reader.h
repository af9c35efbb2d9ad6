// Volumes from series of DICOM files.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data_loader/dicom_reader.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// Files of one SeriesInstanceUID and patient are one source, whatever folders they lie in, or one
// for each of its stacks (dicom_stacks.h); copies of a file are left out. Keeps the headers that
// Scan read, by so many threads and under `watch`, for Read.
class DicomSeriesReader final : public VolumeReader {
 public:
  explicit DicomSeriesReader(unsigned threads = 1, ScanWatch watch = {})
      : threads_(threads), watch_(std::move(watch)) {}
  ScanResult Scan(const std::vector<std::string>& files) override;
  VolumeExtent Extent(const VolumeSource& source) override;
  OrRejection<RawVolume> Read(const VolumeSource& source) override;

 private:
  unsigned threads_;
  ScanWatch watch_;
  std::map<std::pair<std::string, std::string>, Series> series_;  // by path and part
};

}  // namespace gvsl::data_loader
