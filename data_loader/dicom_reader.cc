#include "data_loader/dicom_reader.h"

#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "common/text.h"
#include "data_loader/dicom_file.h"
#include "data_loader/dicom_tags.h"

namespace gvsl::data_loader {
namespace {

bool HasMagic(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char bytes[132] = {};
  return file.read(bytes, sizeof(bytes)) && std::string_view(bytes + 128, 4) == "DICM";
}

// Data sets without the preamble begin with group 2 or 8, in either byte order.
bool BeginsLikeADataSet(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char group[2] = {};
  if (!file.read(group, sizeof(group))) return false;
  const int low = group[0] + group[1];
  return (group[0] == 0 || group[1] == 0) && (low == 2 || low == 8);
}

// Files without the preamble are looked into only where their name lets one expect DICOM.
bool MayBeDicom(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  return extension.empty() || extension == ".dcm" || extension == ".DCM" || extension == ".ima" ||
         extension == ".IMA";
}

Rejection PixelProblem(DcmDataset& dataset) {
  const std::int64_t bits = Unsigned(dataset, DCM_BitsAllocated);
  if (Unsigned(dataset, DCM_SamplesPerPixel) > 1) {
    return {"COLOR_IMAGE", "its pixels are colours; only grey values can be used"};
  }
  if (NumberOr(dataset, DCM_NumberOfFrames, 1) > 1) {
    return {"MULTI_FRAME", "it is a multi-frame object; convert it to single frames or to NIfTI"};
  }
  if (Text(dataset, DCM_ImageType).find("MOSAIC") != std::string::npos) {
    return {"MOSAIC", "it is a mosaic of slices; convert it to NIfTI with dcm2niix"};
  }
  if (bits != 8 && bits != 16) {
    return {"UNSUPPORTED_PIXELS", Concat("pixels of ", bits, " bits are not read")};
  }
  if (!DcmXfer(dataset.getOriginalXfer()).isEncapsulated()) return {};
  const E_TransferSyntax syntax = dataset.getOriginalXfer();
  if (!DcmCodecList::canChangeCoding(syntax, EXS_LittleEndianExplicit)) {
    return {"UNSUPPORTED_TRANSFER_SYNTAX",
            Concat("its pixels are compressed as ", DcmXfer(syntax).getXferName(),
                   "; decompress them first, for example with gdcmconv --raw")};
  }
  return {};
}

Rejection ObjectProblem(const std::string& path, DcmDataset& dataset, DicomLoad load) {
  if (load == DicomLoad::kExcessive) {
    return {"EXCESSIVE_STRUCTURE",
            "its sequences are nested without end, or it has more elements than an image"};
  }
  if (load == DicomLoad::kIncomplete) return Truncated(path);
  if (!dataset.tagExists(DCM_Rows) || !dataset.tagExists(DCM_PixelData)) {
    return {"NOT_AN_IMAGE", "it is a DICOM object without pixels, such as a report or a plan"};
  }
  return PixelProblem(dataset);
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

DicomHeader ToHeader(const std::string& path, DcmDataset& dataset, DicomLoad load) {
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
  header.problem = ObjectProblem(path, dataset, load);
  return header;
}

}  // namespace

std::optional<DicomHeader> ReadDicomHeader(const std::string& path) {
  const bool magic = HasMagic(path);
  if (!magic && !(MayBeDicom(path) && BeginsLikeADataSet(path))) return std::nullopt;
  DcmFileFormat file;
  const DicomLoad load = LoadDicomFile(path, file);
  DcmDataset& dataset = *file.getDataset();
  if (Text(*file.getMetaInfo(), DCM_MediaStorageSOPClassUID) == UID_MediaStorageDirectoryStorage) {
    return std::nullopt;
  }
  const bool known = !Text(dataset, DCM_SOPClassUID).empty() || dataset.tagExists(DCM_Modality);
  if (!magic && (!known || load != DicomLoad::kWhole)) return std::nullopt;
  return ToHeader(path, dataset, load);
}

}  // namespace gvsl::data_loader
