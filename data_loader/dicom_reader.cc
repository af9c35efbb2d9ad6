#include "data_loader/dicom_reader.h"

#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/oflog.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "common/text.h"
#include "data_loader/dicom_file.h"

namespace gvsl::data_loader {
namespace {

constexpr double kLargestValue = std::numeric_limits<float>::max();
constexpr const char* kCopyAgain = "a file ends before its data does; copy it again";

// DCMTK's logger and decoders are the process's; set up once.
void SetUpDcmtk() {
  [[maybe_unused]] static const bool done = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    DcmRLEDecoderRegistration::registerCodecs();
    DJDecoderRegistration::registerCodecs();
    DJLSDecoderRegistration::registerCodecs();
    return true;
  }();
}

std::string Text(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  item.findAndGetOFStringArray(tag, value);
  const std::size_t end = value.find_last_not_of(std::string(" \0", 2).c_str(), OFString_npos, 2);
  return end == OFString_npos ? "" : std::string(value.c_str(), end + 1);
}

template <std::size_t N>
std::optional<std::array<double, N>> Numbers(DcmItem& item, const DcmTagKey& tag) {
  std::array<double, N> values;
  for (std::size_t i = 0; i < N; ++i) {
    Float64 value = 0;
    if (item.findAndGetFloat64(tag, value, i).bad() || !std::isfinite(value)) return std::nullopt;
    values[i] = value;
  }
  return values;
}

// `otherwise` where the tag is absent or empty; NaN where it is there and no finite number.
double NumberOr(DcmItem& item, const DcmTagKey& tag, double otherwise) {
  if (!item.tagExistsWithValue(tag)) return otherwise;
  const auto value = Numbers<1>(item, tag);
  return value ? (*value)[0] : std::nan("");
}

std::int64_t Unsigned(DcmItem& item, const DcmTagKey& tag) {
  Uint16 value = 0;
  item.findAndGetUint16(tag, value);
  return value;
}

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

Rejection ObjectProblem(DcmDataset& dataset, DicomLoad load) {
  if (load == DicomLoad::kExcessive) {
    return {"EXCESSIVE_STRUCTURE",
            "its sequences are nested without end or it has millions of elements; no image is so"};
  }
  if (load == DicomLoad::kIncomplete) return {"TRUNCATED", kCopyAgain};
  if (!dataset.tagExists(DCM_Rows) || !dataset.tagExists(DCM_PixelData)) {
    return {"NOT_AN_IMAGE", "it is a DICOM object without pixels, such as a report or a plan"};
  }
  return PixelProblem(dataset);
}

DicomHeader ToHeader(const std::string& path, DcmDataset& dataset, DicomLoad load) {
  DicomHeader header;
  header.path = path;
  header.series_uid = Text(dataset, DCM_SeriesInstanceUID);
  header.instance_uid = Text(dataset, DCM_SOPInstanceUID);
  header.patient = Text(dataset, DCM_PatientID);
  if (header.patient.empty()) header.patient = "study " + Text(dataset, DCM_StudyInstanceUID);
  header.modality = Text(dataset, DCM_Modality);
  header.rows = Unsigned(dataset, DCM_Rows);
  header.columns = Unsigned(dataset, DCM_Columns);
  header.position = Numbers<3>(dataset, DCM_ImagePositionPatient);
  header.orientation = Numbers<6>(dataset, DCM_ImageOrientationPatient);
  header.pixel_spacing = Numbers<2>(dataset, DCM_PixelSpacing);
  header.problem = ObjectProblem(dataset, load);
  return header;
}

// How stored numbers become values.
struct PixelFormat {
  std::int64_t bits_allocated, bits_stored, shift;
  bool is_signed;
  double slope, intercept;

  float Value(std::uint32_t stored) const {
    auto value = static_cast<std::int64_t>((stored >> shift) & ((1U << bits_stored) - 1U));
    if (is_signed && (value >> (bits_stored - 1)) != 0) value -= std::int64_t{1} << bits_stored;
    return static_cast<float>(static_cast<double>(value) * slope + intercept);
  }
};

OrRejection<PixelFormat> ReadPixelFormat(DcmDataset& dataset) {
  PixelFormat format;
  format.bits_allocated = Unsigned(dataset, DCM_BitsAllocated);
  format.bits_stored = Unsigned(dataset, DCM_BitsStored);
  if (format.bits_stored == 0) format.bits_stored = format.bits_allocated;
  Uint16 high_bit = static_cast<Uint16>(format.bits_stored - 1);
  dataset.findAndGetUint16(DCM_HighBit, high_bit);
  format.shift = high_bit + 1 - format.bits_stored;
  format.is_signed = Unsigned(dataset, DCM_PixelRepresentation) == 1;
  format.slope = NumberOr(dataset, DCM_RescaleSlope, 1);
  format.intercept = NumberOr(dataset, DCM_RescaleIntercept, 0);
  if (format.bits_stored > format.bits_allocated || format.shift < 0 ||
      format.shift + format.bits_stored > format.bits_allocated) {
    return Rejection{"UNSUPPORTED_PIXELS", "its numbers of stored bits contradict each other"};
  }
  if (!(std::abs(format.slope) * 65536 + std::abs(format.intercept) <= kLargestValue)) {
    return Rejection{"INVALID_RESCALE",
                     "its rescale slope or intercept is no number or makes impossible values"};
  }
  return format;
}

OrRejection<std::vector<float>> Unpack(DcmDataset& dataset, const PixelFormat& format) {
  const auto count =
      static_cast<std::size_t>(Unsigned(dataset, DCM_Rows) * Unsigned(dataset, DCM_Columns));
  const std::size_t bytes = count * static_cast<std::size_t>(format.bits_allocated / 8);
  const Uint8* data = nullptr;
  const Uint16* words = nullptr;
  unsigned long found = 0;
  if (dataset.findAndGetUint16Array(DCM_PixelData, words, &found).good() && words != nullptr) {
    data = reinterpret_cast<const Uint8*>(words);
    found *= 2;
  } else {
    dataset.findAndGetUint8Array(DCM_PixelData, data, &found);
  }
  if (data == nullptr || found < bytes) return Rejection{"TRUNCATED", kCopyAgain};
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t stored =
        format.bits_allocated == 8 ? data[i] : data[2 * i] | (std::uint32_t{data[2 * i + 1]} << 8);
    values[i] = format.Value(stored);
  }
  return values;
}

}  // namespace

std::optional<DicomHeader> ReadDicomHeader(const std::string& path) {
  SetUpDcmtk();
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

OrRejection<std::vector<float>> ReadDicomPixels(const std::string& path) {
  SetUpDcmtk();
  DcmFileFormat file;
  if (LoadDicomFile(path, file) != DicomLoad::kWhole) return Rejection{"TRUNCATED", kCopyAgain};
  DcmDataset& dataset = *file.getDataset();
  if (dataset.chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad()) {
    return Rejection{"UNREADABLE", "its compressed pixels cannot be decoded; export it anew"};
  }
  OrRejection<PixelFormat> format = ReadPixelFormat(dataset);
  if (const auto* rejection = std::get_if<Rejection>(&format)) return *rejection;
  return Unpack(dataset, std::get<PixelFormat>(format));
}

}  // namespace gvsl::data_loader
