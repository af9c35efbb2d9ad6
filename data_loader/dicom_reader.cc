#include "data_loader/dicom_reader.h"

#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string_view>

#include "common/text.h"
#include "data_loader/dicom_file.h"
#include "data_loader/dicom_tags.h"
#include "data_loader/transfer_syntax.h"

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

bool HasColours(DcmDataset& dataset) {
  const std::string kind = Text(dataset, DCM_PhotometricInterpretation);
  return Unsigned(dataset, DCM_SamplesPerPixel) > 1 ||
         (!kind.empty() && !kind.starts_with("MONOCHROME"));
}

bool IsMosaic(DcmDataset& dataset) {
  return Text(dataset, DCM_ImageType).find("MOSAIC") != std::string::npos;
}

// Of the block that its maker has reserved in group 0029.
std::span<const std::uint8_t> CsaHeader(DcmDataset& dataset, Uint16 element) {
  for (Uint16 block = 0x10; block <= 0xff; ++block) {
    if (Text(dataset, DcmTagKey(0x0029, block)) != "SIEMENS CSA HEADER") continue;
    const Uint8* bytes = nullptr;
    unsigned long count = 0;
    const DcmTagKey key(0x0029, static_cast<Uint16>(block << 8 | element));
    if (dataset.findAndGetUint8Array(key, bytes, &count).bad() || bytes == nullptr) continue;
    return {bytes, count};
  }
  return {};
}

std::optional<Mosaic> MosaicOf(DcmDataset& dataset) {
  return ReadMosaic(CsaHeader(dataset, 0x10), CsaHeader(dataset, 0x20));
}

// As many bytes as the frame needs, where they are not compressed.
bool HasAllPixels(DcmDataset& dataset) {
  DcmElement* pixels = nullptr;
  if (dataset.findAndGetElement(DCM_PixelData, pixels).bad()) return false;
  const std::int64_t bits = Unsigned(dataset, DCM_Rows) * Unsigned(dataset, DCM_Columns) *
                            Unsigned(dataset, DCM_BitsAllocated);
  return static_cast<std::int64_t>(pixels->getLength()) >= bits / 8;
}

Rejection PixelProblem(const std::string& path, DcmDataset& dataset) {
  if (HasColours(dataset)) {
    return {"COLOR_IMAGE", "its pixels are colours; only grey values can be used"};
  }
  if (NumberOr(dataset, DCM_NumberOfFrames, 1) > 1) {
    return {"MULTI_FRAME", "it is a multi-frame object; convert it to single frames or to NIfTI"};
  }
  if (Text(dataset, DCM_ImageType).find("LOCALIZER") != std::string::npos) {
    return {"LOCALIZER", "it is a picture to plan others with, no volume: nothing is to be done"};
  }
  if (IsMosaic(dataset) && !MosaicOf(dataset)) {
    return {"MOSAIC",
            "its slices lie side by side and the scanner's description of them is gone; export it "
            "with the private elements, or as single slices"};
  }
  if (dataset.tagExistsWithValue(DCM_ModalityLUTSequence)) {
    return {"LOOKUP_TABLE",
            "its values go through a table; export it with a rescale slope and intercept"};
  }
  const std::int64_t bits = Unsigned(dataset, DCM_BitsAllocated);
  if (bits != 8 && bits != 16) {
    return {"UNSUPPORTED_PIXELS", Concat("pixels of ", bits, " bits are not read")};
  }
  if (CodingOf(dataset) == PixelCoding::kNative && !HasAllPixels(dataset)) return Truncated(path);
  return {};
}

// Before anything else is believed of a data set that DCMTK may not even be able to parse. Without
// a meta header the data set itself showed which it is.
Rejection SyntaxProblem(DcmMetaInfo& meta) {
  const std::string uid = Text(meta, DCM_TransferSyntaxUID);
  if (uid.empty()) return {};
  const TransferSyntax* syntax = FindTransferSyntax(uid);
  if (syntax == nullptr) {
    return {"UNSUPPORTED_TRANSFER_SYNTAX",
            "it is coded in a way that is not known here, such as a maker's own; have the archive "
            "send it uncompressed"};
  }
  if (syntax->coding != PixelCoding::kNotRead) return {};
  return {"UNSUPPORTED_TRANSFER_SYNTAX",
          Concat("its pixels are ", syntax->name,
                 ", which is not read; have the archive send them uncompressed or as JPEG 2000")};
}

Rejection ObjectProblem(const std::string& path, DcmFileFormat& file, DicomLoad load) {
  DcmDataset& dataset = *file.getDataset();
  if (Rejection found = SyntaxProblem(*file.getMetaInfo()); !found.code.empty()) return found;
  if (load == DicomLoad::kExcessive) {
    return {"EXCESSIVE_STRUCTURE",
            "its sequences are nested without end, or it has more elements than an image"};
  }
  if (load == DicomLoad::kIncomplete) return Truncated(path);
  if (dataset.tagExists(DCM_FloatPixelData) || dataset.tagExists(DCM_DoubleFloatPixelData)) {
    return {"UNSUPPORTED_PIXELS", "its pixels are floating-point numbers, which are not read"};
  }
  if (!dataset.tagExists(DCM_Rows) || !dataset.tagExists(DCM_PixelData)) {
    return {"NOT_AN_IMAGE", "it is a DICOM object without pixels, such as a report or a plan"};
  }
  return PixelProblem(path, dataset);
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

std::array<std::optional<double>, kMarks> MarksOf(DcmDataset& dataset) {
  std::array<std::optional<double>, kMarks> marks;
  const auto set = [&](Mark mark, const DcmTagKey& tag) {
    if (const auto value = Numbers<1>(dataset, tag)) {
      marks[static_cast<std::size_t>(mark)] = (*value)[0];
    }
  };
  marks[static_cast<std::size_t>(Mark::kComponent)] = ComponentOf(Text(dataset, DCM_ImageType));
  set(Mark::kEcho, DCM_EchoTime);
  set(Mark::kDiffusion, DCM_DiffusionBValue);
  set(Mark::kTemporalPosition, DCM_TemporalPositionIdentifier);
  set(Mark::kTriggerTime, DCM_TriggerTime);
  set(Mark::kAcquisitionNumber, DCM_AcquisitionNumber);
  OFTime time;
  OFString text;
  if (dataset.findAndGetOFString(DCM_AcquisitionTime, text).good() &&
      DcmTime::getOFTimeFromString(text, time).good()) {
    marks[static_cast<std::size_t>(Mark::kAcquisitionTime)] = time.getTimeInSeconds();
  }
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
  header.marks = MarksOf(dataset);
  if (IsMosaic(dataset)) header.mosaic = MosaicOf(dataset);
  header.problem = ObjectProblem(path, file, load);
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
