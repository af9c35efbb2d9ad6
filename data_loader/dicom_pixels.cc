#include <dcmtk/dcmdata/dctk.h>

#include <cmath>
#include <limits>

#include "data_loader/dicom_file.h"
#include "data_loader/dicom_reader.h"
#include "data_loader/dicom_tags.h"

namespace gvsl::data_loader {
namespace {

constexpr double kLargestValue = std::numeric_limits<float>::max();

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

OrRejection<std::vector<float>> Unpack(const std::string& path, DcmDataset& dataset,
                                       const PixelFormat& format) {
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
  if (data == nullptr || found < bytes) return Truncated(path);
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t stored =
        format.bits_allocated == 8 ? data[i] : data[2 * i] | (std::uint32_t{data[2 * i + 1]} << 8);
    values[i] = format.Value(stored);
  }
  return values;
}

}  // namespace

OrRejection<std::vector<float>> ReadDicomPixels(const std::string& path) {
  DcmFileFormat file;
  if (LoadDicomFile(path, file) != DicomLoad::kWhole) return Truncated(path);
  DcmDataset& dataset = *file.getDataset();
  if (dataset.chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad()) {
    return Rejection{"UNREADABLE", "its compressed pixels cannot be decoded; export it anew"};
  }
  OrRejection<PixelFormat> format = ReadPixelFormat(dataset);
  if (const auto* rejection = std::get_if<Rejection>(&format)) return *rejection;
  return Unpack(path, dataset, std::get<PixelFormat>(format));
}

}  // namespace gvsl::data_loader
