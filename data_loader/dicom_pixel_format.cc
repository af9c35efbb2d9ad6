#include "data_loader/dicom_pixel_format.h"

#include <dcmtk/dcmdata/dctk.h>

#include <cstdint>
#include <optional>

#include "data_loader/dicom_tags.h"

namespace gvsl::data_loader {
namespace {

// Groups 6000 to 601E: an overlay whose bits lie among those of the pixels has no data of its own.
bool HasOverlayInPixels(DcmDataset& dataset) {
  for (Uint16 group = 0x6000; group <= 0x601e; group += 2) {
    const bool placed = dataset.tagExists(DcmTagKey(group, 0x0102));
    if (placed && !dataset.tagExists(DcmTagKey(group, 0x3000))) return true;
  }
  return false;
}

// Written signed or unsigned.
std::optional<std::uint16_t> PaddingBits(DcmDataset& dataset, const DcmTagKey& tag) {
  Uint16 bits = 0;
  Sint16 number = 0;
  if (dataset.findAndGetSint16(tag, number).good()) return static_cast<std::uint16_t>(number);
  if (dataset.findAndGetUint16(tag, bits).good()) return bits;
  return std::nullopt;
}

}  // namespace

std::size_t PixelCount(DcmDataset& dataset) {
  return static_cast<std::size_t>(Unsigned(dataset, DCM_Rows) * Unsigned(dataset, DCM_Columns));
}

PixelFormat ReadPixelFormat(DcmDataset& dataset) {
  PixelFormat format;
  format.bits_allocated = static_cast<int>(Unsigned(dataset, DCM_BitsAllocated));
  format.bits_stored = static_cast<int>(Unsigned(dataset, DCM_BitsStored));
  if (format.bits_stored == 0) format.bits_stored = format.bits_allocated;
  auto high_bit = static_cast<Uint16>(format.bits_stored - 1);
  dataset.findAndGetUint16(DCM_HighBit, high_bit);
  format.high_bit = high_bit;
  format.bits_coded = format.bits_allocated;
  format.is_signed = Unsigned(dataset, DCM_PixelRepresentation) == 1;
  format.has_overlay = HasOverlayInPixels(dataset);
  if (const auto padding = PaddingBits(dataset, DCM_PixelPaddingValue)) {
    const auto limit = PaddingBits(dataset, DCM_PixelPaddingRangeLimit);
    format.padding = {*padding, limit.value_or(*padding)};
  }
  return format;
}

void ReadRescale(DcmItem& item, PixelFormat& format) {
  format.has_rescale |= item.tagExistsWithValue(DCM_RescaleSlope) == OFTrue ||
                        item.tagExistsWithValue(DCM_RescaleIntercept) == OFTrue;
  format.slope = NumberOr(item, DCM_RescaleSlope, 1);
  if (format.slope == 0) format.slope = 1;  // would leave one value for all
  format.intercept = NumberOr(item, DCM_RescaleIntercept, 0);
}

}  // namespace gvsl::data_loader
