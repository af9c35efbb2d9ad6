// Values that name a patient, in every place of an image where one may stand.
#pragma once

#include <string>
#include <vector>

namespace gvsl::testing {

// Any of these in what a program writes comes from a planted value.
std::vector<std::string> PlantedText();

// Into every element of DICOM's dictionary that holds text, a date, a time or a UID and that says
// nothing of the image itself; into sequences in sequences, private elements and elements of an
// unknown kind. Returns how many. Throws where the file cannot be written. With a `patient` its
// PatientID is that.
int PlantInDicom(const std::string& path, const std::string& patient = "");

// Into all fields of a NIfTI-1 header that hold text, of a file that is not compressed.
void PlantInNifti(const std::string& path);

}  // namespace gvsl::testing
