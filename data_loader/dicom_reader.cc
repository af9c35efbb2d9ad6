#include "data_loader/dicom_reader.h"

#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <string_view>

#include "data_loader/dicom_file.h"
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

// Seconds, of which greater ones are later: "YYYYMMDDHHMMSS.F".
std::optional<double> AcquisitionTime(DcmDataset& dataset) {
  std::string text = Text(dataset, DCM_AcquisitionDateTime);
  if (text.empty()) {
    const std::string time = Text(dataset, DCM_AcquisitionTime);
    if (time.empty()) return std::nullopt;
    text = Text(dataset, DCM_AcquisitionDate);
    text.resize(8, '0');
    text += time;
  }
  const auto part = [&](std::size_t at, std::size_t count) {
    double value = 0;
    if (at < text.size()) {
      const char* const begin = text.data() + at;
      std::from_chars(begin, begin + std::min(count, text.size() - at), value);
    }
    return value;
  };
  const double days = (part(0, 4) * 12 + part(4, 2)) * 31 + part(6, 2);
  return ((days * 24 + part(8, 2)) * 60 + part(10, 2)) * 60 + part(12, 9);
}

Marks MarksOf(DcmDataset& dataset) {
  Marks marks;
  const auto mark = [&](Mark which) -> std::optional<double>& {
    return marks[static_cast<std::size_t>(which)];
  };
  mark(Mark::kComponent) = ComponentOf(Text(dataset, DCM_ImageType));
  mark(Mark::kEcho) = NumberAt(dataset, DCM_EchoTime, 0);
  mark(Mark::kDiffusion) = NumberAt(dataset, DCM_DiffusionBValue, 0);
  mark(Mark::kTemporalPosition) = NumberAt(dataset, DCM_TemporalPositionIdentifier, 0);
  mark(Mark::kTriggerTime) = NumberAt(dataset, DCM_TriggerTime, 0);
  mark(Mark::kAcquisitionNumber) = NumberAt(dataset, DCM_AcquisitionNumber, 0);
  mark(Mark::kAcquisitionTime) = AcquisitionTime(dataset);
  return marks;
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
  header.position = Numbers<3>(dataset, DCM_ImagePositionPatient);
  header.orientation = Numbers<6>(dataset, DCM_ImageOrientationPatient);
  header.pixel_spacing = Numbers<2>(dataset, DCM_PixelSpacing);
  header.instance_number = NumberAt(dataset, DCM_InstanceNumber, 0);
  header.marks = MarksOf(dataset);
  header.mosaic = MosaicOf(dataset);
  header.problem = ObjectProblem(path, file, load, header.mosaic.has_value());
  return header;
}

}  // namespace

std::optional<DicomHeader> ReadDicomHeader(const std::string& path) {
  const bool magic = HasMagic(path);
  if (!magic && !BeginsLikeADataSet(path)) return std::nullopt;
  DcmFileFormat file;
  const DicomLoad load = LoadDicomFile(path, file);
  DcmDataset& dataset = *file.getDataset();
  if (Text(*file.getMetaInfo(), DCM_MediaStorageSOPClassUID) == UID_MediaStorageDirectoryStorage) {
    return std::nullopt;
  }
  const bool known = !Text(dataset, DCM_SOPClassUID).empty() || dataset.tagExists(DCM_Modality);
  if (!magic && (!known || load != DicomLoad::kWhole)) return std::nullopt;
  return ToHeader(path, file, load);
}

}  // namespace gvsl::data_loader
