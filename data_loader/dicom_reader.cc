#include "data_loader/dicom_reader.h"

#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string_view>

#include "data_loader/dicom_file.h"
#include "data_loader/dicom_frame_reader.h"
#include "data_loader/dicom_problem.h"
#include "data_loader/dicom_tags.h"

namespace gvsl::data_loader {
namespace {

bool HasMagic(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char bytes[132] = {};
  return file.read(bytes, sizeof(bytes)) && std::string_view(bytes + 128, 4) == "DICM";
}

bool IsCapital(char letter) { return letter >= 'A' && letter <= 'Z'; }

// Data sets without the preamble begin with group 2 or 8, in either byte order; then stands an
// element, and a value representation of two letters or a length as short elements have it.
bool BeginsLikeADataSet(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char bytes[8] = {};
  if (!file.read(bytes, sizeof(bytes))) return false;
  const int group = bytes[0] + bytes[1];
  if ((bytes[0] != 0 && bytes[1] != 0) || (group != 2 && group != 8)) return false;
  const bool explicit_kind = IsCapital(bytes[4]) && IsCapital(bytes[5]);
  return explicit_kind || (bytes[5] == 0 && bytes[6] == 0 && bytes[7] == 0);
}

// What anonymisers leave instead of an id: it names nobody.
bool NamesNobody(std::string patient) {
  for (char& letter : patient) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  constexpr std::array<std::string_view, 12> kPlaceholders = {
      "",     "anonymous", "anonymized",   "anonymised", "anon", "unknown",
      "none", "removed",   "deidentified", "n/a",        "0",    "patient"};
  return std::find(kPlaceholders.begin(), kPlaceholders.end(), patient) != kPlaceholders.end();
}

DicomHeader ToHeader(const std::string& path, DcmFileFormat& file, DicomLoad load) {
  DcmDataset& dataset = *file.getDataset();
  DicomHeader header;
  header.path = path;
  header.series_uid = Text(dataset, DCM_SeriesInstanceUID);
  header.instance_uid = Text(dataset, DCM_SOPInstanceUID);
  header.patient = Text(dataset, DCM_PatientID);
  if (NamesNobody(header.patient)) header.patient = "study " + Text(dataset, DCM_StudyInstanceUID);
  header.modality = Text(dataset, DCM_Modality);
  header.rows = Unsigned(dataset, DCM_Rows);
  header.columns = Unsigned(dataset, DCM_Columns);
  header.instance_number = NumberAt(dataset, DCM_InstanceNumber, 0);
  header.mosaic = MosaicOf(dataset);
  header.problem = ObjectProblem(path, file, load, header.mosaic.has_value());
  header.frames.resize(1);
  if (header.problem.code.empty()) header.frames = ReadDicomFrames(dataset);
  return header;
}

}  // namespace

std::optional<DicomHeader> ReadDicomHeader(const std::string& path) {
  const bool magic = HasMagic(path);
  if (!magic && !BeginsLikeADataSet(path)) return std::nullopt;
  DcmFileFormat file;
  const DicomLoad load = LoadDicomFile(path, file);
  DcmDataset& dataset = *file.getDataset();
  const bool known = !Text(dataset, DCM_SOPClassUID).empty() || dataset.tagExists(DCM_Modality) ||
                     dataset.tagExists(DCM_DirectoryRecordSequence);
  if (!magic && (!known || load != DicomLoad::kWhole)) return std::nullopt;
  return ToHeader(path, file, load);
}

}  // namespace gvsl::data_loader
