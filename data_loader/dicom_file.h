// Opening a DICOM file by DCMTK within bounds, whatever its bytes say.
#pragma once

#include <string>

class DcmFileFormat;

namespace gvsl::data_loader {

enum class DicomLoad {
  kWhole,
  kIncomplete,  // it ends before its data does, or is no DICOM file
  kExcessive,   // sequences in sequences without end, or more elements than an image has
};

// Pixels and other long values stay on disk until they are asked for. Not thread-safe.
DicomLoad LoadDicomFile(const std::string& path, DcmFileFormat& file);

}  // namespace gvsl::data_loader
