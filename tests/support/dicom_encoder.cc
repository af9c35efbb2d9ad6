#include "tests/support/dicom_encoder.h"

#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <dcmtk/dcmjpeg/djrploss.h>
#include <dcmtk/dcmjpls/djencode.h>
#include <dcmtk/dcmjpls/djrparam.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/support/dcmtk_check.h"
#include "tests/support/jpeg2000_maker.h"

namespace gvsl::testing {
namespace {

void RegisterEncoders() {
  [[maybe_unused]] static const bool done = [] {
    DcmRLEEncoderRegistration::registerCodecs();
    DJEncoderRegistration::registerCodecs(ECC_lossyYCbCr, EUC_default, OFFalse);
    DJLSEncoderRegistration::registerCodecs(0, 0, 0, 0, /*preferCookedEncoding=*/OFFalse);
    return true;
  }();
}

void PutPixels(DcmDataset& dataset, const demo::DicomSlice& slice, const DicomCoding& coding) {
  std::vector<Uint16> words(coding.words.begin(), coding.words.end());
  if (words.empty()) words.assign(slice.pixels.begin(), slice.pixels.end());
  if (coding.syntax == syntax::kJpegLs) {  // whose encoder wants no sign above the bits stored
    for (Uint16& word : words) word &= static_cast<Uint16>((1U << coding.bits_stored) - 1U);
  }
  dataset.putAndInsertUint16(DCM_BitsAllocated, static_cast<Uint16>(coding.bits_allocated));
  dataset.putAndInsertUint16(DCM_BitsStored, static_cast<Uint16>(coding.bits_stored));
  dataset.putAndInsertUint16(DCM_HighBit, static_cast<Uint16>(coding.high_bit));
  dataset.putAndInsertUint16(DCM_PixelRepresentation, coding.is_signed ? 1 : 0);
  dataset.putAndInsertString(DCM_PhotometricInterpretation, coding.photometric.c_str());
  if (coding.bits_allocated == 8) {
    const std::vector<Uint8> bytes(words.begin(), words.end());
    dataset.putAndInsertUint8Array(DCM_PixelData, bytes.data(), bytes.size());
  } else {
    dataset.putAndInsertUint16Array(DCM_PixelData, words.data(), words.size());
  }
  if (coding.overlay_bit) {
    dataset.putAndInsertUint16(DcmTag(0x6000, 0x0102, EVR_US), *coding.overlay_bit);
  }
  const auto put_padding = [&](const DcmTagKey& key, std::optional<std::uint16_t> value) {
    if (!value) return;
    auto* element = new DcmUnsignedShort(DcmTag(key, EVR_US));
    element->putUint16(*value, 0);
    dataset.insert(element, OFTrue);
  };
  put_padding(DCM_PixelPaddingValue, coding.padding);
  put_padding(DCM_PixelPaddingRangeLimit, coding.padding_limit);
}

void PutPrivate(DcmDataset& dataset, const DicomCoding& coding) {
  dataset.putAndInsertString(DCM_ImageType, coding.image_type.c_str());
  for (const auto& [tag, text] : coding.texts) {
    const DcmTagKey key(static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag & 0xffff));
    Check(dataset.putAndInsertString(DcmTag(key), text.c_str()), "text");
  }
  if (coding.csa_image.empty()) return;
  dataset.putAndInsertString(DcmTag(0x0029, 0x0011, EVR_LO), "SIEMENS CSA HEADER");
  const auto put = [&](Uint16 element, const std::string& bytes) {
    dataset.putAndInsertUint8Array(DcmTag(0x0029, element, EVR_OB),
                                   reinterpret_cast<const Uint8*>(bytes.data()), bytes.size());
  };
  put(0x1110, coding.csa_image);
  put(0x1120, coding.csa_series);
}

std::vector<std::uint8_t> Jpeg2000Of(const demo::DicomSlice& slice, const DicomCoding& coding) {
  const std::vector<std::int32_t> samples(slice.pixels.begin(), slice.pixels.end());
  return MakeJpeg2000(samples, slice.rows, slice.columns,
                      {.precision = coding.bits_stored, .is_signed = coding.is_signed});
}

std::vector<std::uint8_t> FirstFragment(DcmDataset& dataset, const DcmXfer& xfer) {
  DcmElement* element = nullptr;
  DcmPixelSequence* sequence = nullptr;
  DcmPixelItem* fragment = nullptr;
  Uint8* bytes = nullptr;
  Check(dataset.findAndGetElement(DCM_PixelData, element), "fragment");
  auto& pixels = dynamic_cast<DcmPixelData&>(*element);
  E_TransferSyntax current = xfer.getXfer();
  const DcmRepresentationParameter* parameter = nullptr;
  pixels.getCurrentRepresentationKey(current, parameter);
  Check(pixels.getEncapsulatedRepresentation(current, parameter, sequence), "fragment");
  Check(sequence->getItem(fragment, 1), "fragment");
  Check(fragment->getUint8Array(bytes), "fragment");
  return {bytes, bytes + fragment->getLength()};
}

void PutCodestream(DcmDataset& dataset, const DcmXfer& xfer, std::vector<std::uint8_t> bytes,
                   int fragments) {
  if (bytes.size() % 2 != 0) bytes.push_back(0);
  auto* sequence = new DcmPixelSequence(DCM_PixelSequenceTag);
  sequence->insert(new DcmPixelItem(DCM_PixelItemTag));
  const std::size_t most = (bytes.size() / static_cast<std::size_t>(fragments) + 1) / 2 * 2;
  for (std::size_t at = 0; at < bytes.size(); at += most) {
    auto* fragment = new DcmPixelItem(DCM_PixelItemTag);
    fragment->putUint8Array(bytes.data() + at, std::min(most, bytes.size() - at));
    sequence->insert(fragment);
  }
  auto* pixels = new DcmPixelData(DCM_PixelData);
  pixels->putOriginalRepresentation(xfer.getXfer(), nullptr, sequence);
  dataset.insert(pixels, OFTrue);
}

void Encode(DcmDataset& dataset, const demo::DicomSlice& slice, const DicomCoding& coding,
            const DcmXfer& xfer) {
  if (!coding.codestream.empty())
    return PutCodestream(dataset, xfer, coding.codestream, coding.fragments);
  if (xfer.getXfer() == EXS_JPEG2000LosslessOnly) {
    return PutCodestream(dataset, xfer, Jpeg2000Of(slice, coding), coding.fragments);
  }
  const bool is_lossy =
      coding.syntax == syntax::kJpegBaseline || coding.syntax == syntax::kJpegExtended;
  if (is_lossy) {
    RegisterEncoders();
    const DJ_RPLossy lossy(100);
    Check(dataset.chooseRepresentation(xfer.getXfer(), &lossy), "encode");
  } else {
    EncodeLosslessly(dataset, coding.syntax);
  }
  if (coding.fragments > 1) {
    PutCodestream(dataset, xfer, FirstFragment(dataset, xfer), coding.fragments);
  }
}

// In place of a value representation of two letters, a length of two bytes: explicit, short ones.
void MakeUnknown(std::string& bytes, std::uint16_t group, std::uint16_t element) {
  const auto low = [](std::uint16_t value) { return static_cast<char>(value & 0xff); };
  const auto high = [](std::uint16_t value) { return static_cast<char>(value >> 8); };
  const std::string tag = {low(group), high(group), low(element), high(element)};
  const std::size_t at = bytes.find(tag);
  if (at == std::string::npos) throw std::runtime_error("no such tag");
  const std::string length = bytes.substr(at + 6, 2);
  bytes.replace(at + 4, 4, std::string("UN\0\0", 4) + length + std::string(2, '\0'));
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteAll(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void MakeGeometryUnknown(const std::string& path) {
  std::string bytes = ReadAll(path);
  constexpr std::array<std::array<std::uint16_t, 2>, 5> kTags = {
      {{0x0020, 0x0032}, {0x0020, 0x0037}, {0x0028, 0x0010}, {0x0028, 0x0011}, {0x0028, 0x0030}}};
  for (const auto& [group, element] : kTags) MakeUnknown(bytes, group, element);
  WriteAll(path, bytes);
}

// DCMTK would not write a syntax that it does not know.
void RenameSyntax(const std::string& path, const std::string& from, const std::string& to) {
  const auto element = [](const std::string& uid) {
    const std::string padded = uid + std::string(uid.size() % 2, '\0');
    return std::string("\2\0\x10\0UI", 6) + static_cast<char>(padded.size()) + '\0' + padded;
  };
  std::string bytes = ReadAll(path);
  const std::size_t at = bytes.find(element(from));
  if (at == std::string::npos) throw std::runtime_error("no such transfer syntax");
  bytes.replace(at, element(from).size(), element(to));
  // The meta header's length, the first value behind the preamble.
  const auto change = static_cast<int>(element(to).size()) - static_cast<int>(element(from).size());
  bytes[140] = static_cast<char>(static_cast<unsigned char>(bytes[140]) + change);
  WriteAll(path, bytes);
}

}  // namespace

void EncodeLosslessly(DcmDataset& dataset, const std::string& syntax) {
  RegisterEncoders();
  const DJ_RPLossless lossless;
  const DJLSRepresentationParameter near_nothing(0, OFTrue);
  const DcmRepresentationParameter* parameter = &lossless;
  if (syntax == syntax::kJpegLs) parameter = &near_nothing;
  if (syntax == syntax::kRle) parameter = nullptr;
  Check(dataset.chooseRepresentation(DcmXfer(syntax.c_str()).getXfer(), parameter), "encode");
}

void WriteCodedSlice(const demo::DicomSlice& slice, const DicomCoding& coding,
                     const std::string& path) {
  if (!demo::WriteDicomSlice(slice, path).ok()) throw std::runtime_error("write " + path);
  DcmFileFormat file;
  Check(file.loadFile(path.c_str()), "load");
  Check(file.loadAllDataIntoMemory(), "load");
  DcmDataset& dataset = *file.getDataset();
  PutPixels(dataset, slice, coding);
  PutPrivate(dataset, coding);
  const DcmXfer known(coding.syntax.c_str());
  const bool is_known = known.getXfer() != EXS_Unknown;
  const DcmXfer xfer = is_known ? known : DcmXfer(EXS_JPEG2000LosslessOnly);
  if (xfer.isEncapsulated()) Encode(dataset, slice, coding, xfer);
  Check(file.saveFile(path.c_str(), xfer.getXfer(), EET_ExplicitLength, EGL_recalcGL, EPD_noChange,
                      0, 0, coding.has_meta_header ? EWM_fileformat : EWM_dataset),
        "save");
  if (!is_known) RenameSyntax(path, xfer.getXferID(), coding.syntax);
  if (coding.has_unknown_kinds) MakeGeometryUnknown(path);
}

}  // namespace gvsl::testing
