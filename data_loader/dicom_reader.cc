#include "data_loader/dicom_reader.h"

#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string_view>

#include "data_loader/dicom_file.h"
#include "data_loader/dicom_frame_reader.h"
#include "data_loader/dicom_functional_groups.h"
#include "data_loader/dicom_outline.h"
#include "data_loader/dicom_pixel_format.h"
#include "data_loader/dicom_problem.h"
#include "data_loader/dicom_tags.h"

namespace gvsl::data_loader {
namespace {

using Head = std::span<const std::uint8_t>;

constexpr std::size_t kHead = std::size_t{1} << 14;  // the pixels of most files begin in it
constexpr std::size_t kLongHead = std::size_t{1} << 18;

// Data sets without the preamble begin with group 2 or 8, in either byte order; then stands an
// element, and a value representation of two letters or a length as short elements have it.
bool BeginsLikeADataSet(Head bytes) {
  if (bytes.size() < 8) return false;
  const int group = bytes[0] + bytes[1];
  if ((bytes[0] != 0 && bytes[1] != 0) || (group != 2 && group != 8)) return false;
  const auto capital = [](std::uint8_t letter) { return letter >= 'A' && letter <= 'Z'; };
  const bool explicit_kind = capital(bytes[4]) && capital(bytes[5]);
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

// Where a frame is all that there is.
std::optional<NativePixels> NativePixelsOf(DcmDataset& dataset, const ByteRange& range,
                                           const FileState& state) {
  if (CodingOf(dataset) != PixelCoding::kNative || FunctionalGroups(dataset).any()) {
    return std::nullopt;
  }
  NativePixels pixels{range.begin, PixelCount(dataset), ReadPixelFormat(dataset), state};
  ReadRescale(dataset, pixels.format);
  const std::uint64_t each = pixels.format.bits_allocated <= 8 ? 1 : 2;
  if (pixels.count > (range.end - range.begin) / each) return std::nullopt;
  return pixels;
}

DicomHeader ToHeader(const std::string& path, DcmFileFormat& file, DicomLoad load) {
  DcmDataset& dataset = *file.getDataset();
  DicomHeader header;
  header.path = path;
  header.series_uid = Text(dataset, DCM_SeriesInstanceUID);
  header.instance_uid = Text(dataset, DCM_SOPInstanceUID);
  header.patient = Text(dataset, DCM_PatientID);
  if (NamesNobody(header.patient)) header.patient = "study " + Text(dataset, DCM_StudyInstanceUID);
  header.frame_of_reference = Text(dataset, DCM_FrameOfReferenceUID);
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
  FileHead head = ReadFileHead(path, kHead);
  const bool magic = HasDicomMagic(head.bytes);
  if (!magic && !BeginsLikeADataSet(head.bytes)) return std::nullopt;
  auto outline = OutlineOf(head.bytes, head.file.bytes);
  if (!outline && magic && head.file.bytes > kHead) {
    head = ReadFileHead(path, kLongHead);
    outline = OutlineOf(head.bytes, head.file.bytes);
  }
  DcmFileFormat file;
  const DicomLoad load = outline
                             ? LoadPlainDicomFile(path, head.bytes, head.file.bytes, *outline, file)
                             : LoadDicomFile(path, file);
  DcmDataset& dataset = *file.getDataset();
  const bool known = !Text(dataset, DCM_SOPClassUID).empty() || dataset.tagExists(DCM_Modality) ||
                     dataset.tagExists(DCM_DirectoryRecordSequence);
  if (!magic && (!known || load != DicomLoad::kWhole)) return std::nullopt;
  DicomHeader header = ToHeader(path, file, load);
  if (outline && header.problem.code.empty() && header.frames.size() == 1) {
    header.pixels = NativePixelsOf(dataset, outline->pixels, head.file);
  }
  return header;
}

}  // namespace gvsl::data_loader
