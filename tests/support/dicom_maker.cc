#include "tests/support/dicom_maker.h"

#include <dcmtk/dcmdata/dctk.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
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

void WriteObjectWithoutPixels(const demo::DicomSlice& like, const std::string& path,
                              const std::string& sop_class) {
  DcmFileFormat file;
  DcmDataset& dataset = *file.getDataset();
  dataset.putAndInsertString(DCM_SOPClassUID, sop_class.c_str());
  dataset.putAndInsertString(DCM_SOPInstanceUID, (like.instance_uid + ".1").c_str());
  dataset.putAndInsertString(DCM_SeriesInstanceUID, (like.series_uid + ".1").c_str());
  dataset.putAndInsertString(DCM_PatientID, like.patient_id.c_str());
  dataset.putAndInsertString(DCM_Modality, "RTSTRUCT");
  if (file.saveFile(path.c_str(), EXS_LittleEndianExplicit).bad()) {
    throw std::runtime_error("write " + path);
  }
}

void WriteDicomBytes(const std::string& path, const std::string& data_set, bool deflated) {
  const std::string syntax = deflated ? "1.2.840.10008.1.2.1.99" : "1.2.840.10008.1.2.1";
  std::string uid = syntax + std::string(syntax.size() % 2, '\0');
  uid = std::string("\2\0\x10\0UI", 6) + static_cast<char>(uid.size()) + '\0' + uid;
  const std::string length = {static_cast<char>(uid.size()), 0, 0, 0};
  std::ofstream file(path, std::ios::binary);
  file << std::string(128, '\0') << "DICM" << std::string("\2\0\0\0UL\4\0", 8) << length << uid
       << data_set;
  if (!file.flush()) throw std::runtime_error("write " + path);
}

std::string NestedSequences(int depth) {
  const std::string sequence("\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff", 12);
  const std::string item("\xfe\xff\0\xe0\xff\xff\xff\xff", 8);
  std::string bytes(
      "\x08\0\x16\0UI\x02\0"
      "1\0",
      10);
  for (int i = 0; i < depth; ++i) bytes += sequence + item;
  return bytes;
}

}  // namespace gvsl::testing
