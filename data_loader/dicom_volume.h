// From the files of one DICOM series to its volume.
#pragma once

#include "data_loader/dicom_reader.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// Copies of a file are left out, with COPIES_LEFT_OUT, and files that are no slices, with their own
// codes (object_kind.h); a mosaic is cut into its slices; slices lie where their positions say
// (series_assembly.h, whose codes these are). Any file's own problem is the series'. Not
// thread-safe, as DCMTK is not here.
OrRejection<RawVolume> ReadDicomVolume(const Series& series);

}  // namespace gvsl::data_loader
