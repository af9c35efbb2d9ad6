#include "data_loader/dicom_reader.h"

#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <string_view>

#include "data_loader/dicom_file.h"
#include "data_loader/dicom_functional_groups.h"
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
std::optional<double> AcquisitionTime(DcmDataset& dataset, DcmItem& frame_content) {
  std::string text = Text(frame_content, DCM_FrameAcquisitionDateTime);
  if (text.empty()) text = Text(dataset, DCM_AcquisitionDateTime);
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

// "MAGNITUDE", or the kind of image, where its component is one of several words.
std::string ComponentText(DcmDataset& dataset, DcmItem& frame_type) {
  const std::string component = Text(frame_type, DCM_ComplexImageComponent);
  if (!component.empty()) return component;
  const std::string type = Text(frame_type, DCM_FrameType);
  return type.empty() ? Text(dataset, DCM_ImageType) : type;
}

std::optional<double> FirstOf(std::optional<double> first, std::optional<double> second) {
  return first ? first : second;
}

Marks MarksOf(DcmDataset& dataset, const FunctionalGroups& groups, std::size_t frame) {
  DcmItem& content = groups.Of(frame, DCM_FrameContentSequence);
  DcmItem& trigger = groups.Of(frame, DCM_CardiacSynchronizationSequence);
  Marks marks;
  const auto mark = [&](Mark which) -> std::optional<double>& {
    return marks[static_cast<std::size_t>(which)];
  };
  mark(Mark::kComponent) =
      ComponentOf(ComponentText(dataset, groups.Of(frame, DCM_MRImageFrameTypeSequence)));
  mark(Mark::kEcho) =
      FirstOf(NumberAt(groups.Of(frame, DCM_MREchoSequence), DCM_EffectiveEchoTime, 0),
              NumberAt(dataset, DCM_EchoTime, 0));
  mark(Mark::kDiffusion) =
      NumberAt(groups.Of(frame, DCM_MRDiffusionSequence), DCM_DiffusionBValue, 0);
  mark(Mark::kTemporalPosition) = FirstOf(NumberAt(content, DCM_TemporalPositionIndex, 0),
                                          NumberAt(dataset, DCM_TemporalPositionIdentifier, 0));
  mark(Mark::kTriggerTime) = FirstOf(NumberAt(trigger, DCM_NominalCardiacTriggerDelayTime, 0),
                                     NumberAt(dataset, DCM_TriggerTime, 0));
  mark(Mark::kAcquisitionNumber) = FirstOf(NumberAt(content, DCM_FrameAcquisitionNumber, 0),
                                           NumberAt(dataset, DCM_AcquisitionNumber, 0));
  mark(Mark::kAcquisitionTime) = AcquisitionTime(dataset, content);
  return marks;
}

DicomFrame FrameOf(DcmDataset& dataset, const FunctionalGroups& groups, std::size_t index) {
  DicomFrame frame;
  frame.index = index;
  frame.position =
      Numbers<3>(groups.Of(index, DCM_PlanePositionSequence), DCM_ImagePositionPatient);
  frame.orientation =
      Numbers<6>(groups.Of(index, DCM_PlaneOrientationSequence), DCM_ImageOrientationPatient);
  frame.pixel_spacing = Numbers<2>(groups.Of(index, DCM_PixelMeasuresSequence), DCM_PixelSpacing);
  frame.stack = Text(groups.Of(index, DCM_FrameContentSequence), DCM_StackID);
  frame.marks = MarksOf(dataset, groups, index);
  return frame;
}

std::vector<DicomFrame> ReadFrames(DcmDataset& dataset) {
  const FunctionalGroups groups(dataset);
  const std::size_t count = std::max<std::size_t>(groups.frames(), 1);
  std::vector<DicomFrame> frames;
  frames.reserve(count);
  for (std::size_t i = 0; i < count; ++i) frames.push_back(FrameOf(dataset, groups, i));
  return frames;
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
  header.frames = ReadFrames(dataset);
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
  const bool known = !Text(dataset, DCM_SOPClassUID).empty() || dataset.tagExists(DCM_Modality) ||
                     dataset.tagExists(DCM_DirectoryRecordSequence);
  if (!magic && (!known || load != DicomLoad::kWhole)) return std::nullopt;
  return ToHeader(path, file, load);
}

}  // namespace gvsl::data_loader
