#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>

#include "data_loader/codestream.h"
#include "data_loader/dicom_file.h"
#include "data_loader/dicom_reader.h"
#include "data_loader/dicom_tags.h"
#include "data_loader/jpeg2000_decoder.h"
#include "data_loader/rle_decoder.h"
#include "data_loader/transfer_syntax.h"

namespace gvsl::data_loader {
namespace {

using Words = std::vector<std::uint16_t>;

Rejection Damaged(const std::string& path) {
  return {"DAMAGED_PIXELS",
          "its compressed pixels are damaged, or no decoder knows their kind; copy it again, or "
          "have the archive send it uncompressed",
          path};
}

std::size_t PixelCount(DcmDataset& dataset) {
  return static_cast<std::size_t>(Unsigned(dataset, DCM_Rows) * Unsigned(dataset, DCM_Columns));
}

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

PixelFormat ReadFormat(DcmDataset& dataset) {
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
  format.slope = NumberOr(dataset, DCM_RescaleSlope, 1);
  if (format.slope == 0) format.slope = 1;  // would leave one value for all
  format.intercept = NumberOr(dataset, DCM_RescaleIntercept, 0);
  if (const auto padding = PaddingBits(dataset, DCM_PixelPaddingValue)) {
    const auto limit = PaddingBits(dataset, DCM_PixelPaddingRangeLimit);
    format.padding = {*padding, limit.value_or(*padding)};
  }
  return format;
}

// What DCMTK has decoded, or what needed no decoding.
OrRejection<Words> NativeWords(const std::string& path, DcmDataset& dataset) {
  const std::size_t count = PixelCount(dataset);
  const bool bytes_each = Unsigned(dataset, DCM_BitsAllocated) <= 8;
  const Uint8* data = nullptr;
  const Uint16* words = nullptr;
  unsigned long found = 0;
  if (dataset.findAndGetUint16Array(DCM_PixelData, words, &found).good() && words != nullptr) {
    data = reinterpret_cast<const Uint8*>(words);
    found *= 2;
  } else {
    dataset.findAndGetUint8Array(DCM_PixelData, data, &found);
  }
  if (data == nullptr || found < count * (bytes_each ? 1 : 2)) return Truncated(path);
  Words result(count);
  for (std::size_t i = 0; i < count; ++i) {
    result[i] =
        bytes_each ? data[i] : static_cast<std::uint16_t>(data[2 * i] | data[2 * i + 1] << 8);
  }
  return result;
}

// The fragments of the one frame, joined.
std::vector<std::uint8_t> CodedBytes(DcmDataset& dataset) {
  std::vector<std::uint8_t> bytes;
  DcmElement* element = nullptr;
  if (dataset.findAndGetElement(DCM_PixelData, element).bad()) return bytes;
  auto* pixels = dynamic_cast<DcmPixelData*>(element);
  if (pixels == nullptr) return bytes;
  E_TransferSyntax syntax = EXS_Unknown;
  const DcmRepresentationParameter* parameter = nullptr;
  DcmPixelSequence* fragments = nullptr;
  pixels->getOriginalRepresentationKey(syntax, parameter);
  if (pixels->getEncapsulatedRepresentation(syntax, parameter, fragments).bad()) return bytes;
  for (unsigned long i = 1; i < fragments->card(); ++i) {  // the first is a table of offsets
    DcmPixelItem* fragment = nullptr;
    Uint8* data = nullptr;
    if (fragments->getItem(fragment, i).bad() || fragment->getUint8Array(data).bad()) return {};
    if (data != nullptr) bytes.insert(bytes.end(), data, data + fragment->getLength());
  }
  return bytes;
}

OrRejection<Words> DecodedByDcmtk(const std::string& path, DcmDataset& dataset,
                                  const Codestream& stream) {
  if (!stream.ends || !DecodeWithoutWarning(dataset)) return Damaged(path);
  return NativeWords(path, dataset);
}

struct StoredSlice {
  Words words;
  PixelFormat format;
};

OrRejection<StoredSlice> ReadCoded(const std::string& path, DcmDataset& dataset, PixelCoding coding,
                                   const PixelFormat& header) {
  const std::vector<std::uint8_t> bytes = CodedBytes(dataset);
  if (coding == PixelCoding::kRle) {
    auto words = DecodeRle(bytes, PixelCount(dataset), header.bits_allocated / 8);
    if (!words) return Damaged(path);
    return StoredSlice{*std::move(words), header};
  }
  const std::optional<Codestream> stream = ReadCodestream(bytes);
  if (!stream || stream->precision > 16) return Damaged(path);
  if (stream->columns != Unsigned(dataset, DCM_Columns) ||
      stream->rows != Unsigned(dataset, DCM_Rows) || stream->components != 1) {
    return Rejection{"CODESTREAM_MISMATCH",
                     "its compressed image has another size than its header says, or colours; "
                     "export it again",
                     path};
  }
  OrRejection<Words> words = Damaged(path);
  if (coding == PixelCoding::kJpeg2000) {
    if (auto decoded = DecodeJpeg2000(BareCodestream(bytes))) words = *std::move(decoded);
  } else {
    words = DecodedByDcmtk(path, dataset, *stream);
  }
  if (auto* rejection = std::get_if<Rejection>(&words)) return std::move(*rejection);
  return StoredSlice{std::get<Words>(std::move(words)), OfCodestream(header, *stream)};
}

OrRejection<StoredSlice> ReadStored(const std::string& path, DcmDataset& dataset,
                                    const PixelFormat& header) {
  const PixelCoding coding = CodingOf(dataset);
  if (coding != PixelCoding::kNative) return ReadCoded(path, dataset, coding, header);
  OrRejection<Words> words = NativeWords(path, dataset);
  if (auto* rejection = std::get_if<Rejection>(&words)) return std::move(*rejection);
  return StoredSlice{std::get<Words>(std::move(words)), header};
}

}  // namespace

OrRejection<SliceValues> ReadDicomPixels(const std::string& path, Bits bits) {
  DcmFileFormat file;
  if (LoadDicomFile(path, file) != DicomLoad::kWhole) return Truncated(path);
  DcmDataset& dataset = *file.getDataset();
  const PixelFormat header = ReadFormat(dataset);
  if (Rejection found = CheckFormat(header); !found.code.empty()) return found;
  OrRejection<StoredSlice> read = ReadStored(path, dataset, header);
  if (auto* rejection = std::get_if<Rejection>(&read)) return std::move(*rejection);
  const auto& [words, format] = std::get<StoredSlice>(read);
  if (words.size() != PixelCount(dataset)) return Damaged(path);
  SliceValues values = ToValues(words, format, bits);
  // Fewer bits than the header stores end in another place, where a sign would be.
  values.contradictions.sign_differs =
      format.is_signed != header.is_signed ||
      (format.is_signed && format.bits_stored < header.bits_stored);
  return values;
}

}  // namespace gvsl::data_loader
