// What of a DICOM object makes a slice impossible; and the mosaic that it may be. For dicom_*.cc
// alone.
#pragma once

#include <optional>
#include <string>

#include "data_loader/dicom_file.h"
#include "data_loader/siemens_mosaic.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// Empty code where nothing does. The transfer syntax comes first, since a data set may not be what
// DCMTK took it for; then whether it is whole, an image, of grey values, and one of a volume.
Rejection ObjectProblem(const std::string& path, DcmFileFormat& file, DicomLoad load,
                        bool has_mosaic);

// Nothing where it is none, or its private headers are not there or do not say enough
// (siemens_mosaic.h).
std::optional<Mosaic> MosaicOf(DcmDataset& dataset);

}  // namespace gvsl::data_loader
