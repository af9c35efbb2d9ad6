// Images to NIfTI as they are: native grid, values scaled as the file says, nothing resampled.
#pragma once

#include <string>
#include <vector>

#include "common/status.h"
#include "data_loader/ingest.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// "OUT.nii.gz" for the first, "OUT_2.nii.gz" for the second volume.
std::string NumberedName(const std::string& output, std::size_t number);

// The rows of a DICOM image upside down, as dcm2niix does; the matrix says so. Others stay.
void TurnAsWritten(RawVolume& volume);

// Written as int16 where all values are whole and fit, else as float32, turned as above.
Status WriteRawVolume(const RawVolume& volume, const std::string& output);

// Converts every volume under `input`, in the order of paths; returns the files written. Whatever
// was not converted goes to the observer. INVALID_ARGUMENT when `output` does not end in .nii or
// .nii.gz; ALREADY_EXISTS rather than writing over an input.
StatusOr<std::vector<std::string>> Convert(const std::string& input, const std::string& output,
                                           const IngestObserver& observer);

}  // namespace gvsl::data_loader
