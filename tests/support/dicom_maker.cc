#include "tests/support/dicom_maker.h"

#include <dcmtk/dcmdata/dctk.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace gvsl::testing {

std::vector<demo::DicomSlice> MakeSlices(int count, const std::string& patient) {
  std::vector<std::int16_t> values;
  for (int z = 0; z < count; ++z) {
    for (int y = 0; y < 5; ++y) {
      for (int x = 0; x < 6; ++x) values.push_back(static_cast<std::int16_t>(100 * z + 10 * y + x));
    }
  }
  // LPS axes: x to the left, y to the back, z up.
  return demo::SlicesOf({count, 5, 6}, {{{-1.5, 0, 0, 40}, {0, -2, 0, 50}, {0, 0, 3, -60}}}, values,
                        patient);
}

void WriteSlices(const std::vector<demo::DicomSlice>& slices, const std::string& directory) {
  std::filesystem::create_directories(directory);
  int number = 0;
  for (const demo::DicomSlice& slice : slices) {
    char name[32];
    std::snprintf(name, sizeof(name), "/IM-%03d.dcm", ++number);
    const Status status = demo::WriteDicomSlice(slice, directory + name);
    if (!status.ok()) throw std::runtime_error(status.ToString());
  }
}

void WriteObjectWithoutPixels(const demo::DicomSlice& like, const std::string& path) {
  DcmFileFormat file;
  DcmDataset& dataset = *file.getDataset();
  dataset.putAndInsertString(DCM_SOPClassUID, UID_RTStructureSetStorage);
  dataset.putAndInsertString(DCM_SOPInstanceUID, (like.instance_uid + ".1").c_str());
  dataset.putAndInsertString(DCM_SeriesInstanceUID, (like.series_uid + ".1").c_str());
  dataset.putAndInsertString(DCM_PatientID, like.patient_id.c_str());
  dataset.putAndInsertString(DCM_Modality, "RTSTRUCT");
  if (file.saveFile(path.c_str(), EXS_LittleEndianExplicit).bad()) {
    throw std::runtime_error("write " + path);
  }
}

}  // namespace gvsl::testing
