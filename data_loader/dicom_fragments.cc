#include "data_loader/dicom_fragments.h"

#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>

#include <array>

namespace gvsl::data_loader {
namespace {

DcmPixelSequence* CodedPixels(DcmDataset& dataset) {
  DcmElement* element = nullptr;
  if (dataset.findAndGetElement(DCM_PixelData, element).bad()) return nullptr;
  auto* pixels = dynamic_cast<DcmPixelData*>(element);
  if (pixels == nullptr) return nullptr;
  E_TransferSyntax syntax = EXS_Unknown;
  const DcmRepresentationParameter* parameter = nullptr;
  DcmPixelSequence* sequence = nullptr;
  pixels->getOriginalRepresentationKey(syntax, parameter);
  if (pixels->getEncapsulatedRepresentation(syntax, parameter, sequence).bad()) return nullptr;
  return sequence;
}

// Of little-endian numbers of four bytes.
std::vector<std::uint32_t> OffsetsIn(DcmPixelItem& table) {
  Uint8* bytes = nullptr;
  std::vector<std::uint32_t> offsets;
  if (table.getUint8Array(bytes).bad() || bytes == nullptr) return offsets;
  for (Uint32 at = 0; at + 4 <= table.getLength(); at += 4) {
    offsets.push_back(std::uint32_t{bytes[at]} | std::uint32_t{bytes[at + 1]} << 8U |
                      std::uint32_t{bytes[at + 2]} << 16U | std::uint32_t{bytes[at + 3]} << 24U);
  }
  return offsets;
}

// SOI of JPEG and JPEG-LS, SOC and SIZ of JPEG 2000, or the first box of a JP2 file.
bool BeginsCodestream(DcmPixelItem& fragment) {
  std::array<Uint8, 4> bytes = {};
  if (fragment.getLength() < bytes.size()) return false;
  if (fragment.getPartialValue(bytes.data(), 0, bytes.size()).bad()) return false;
  const bool jpeg = bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
  const bool jpeg2000 =
      bytes[0] == 0xff && bytes[1] == 0x4f && bytes[2] == 0xff && bytes[3] == 0x51;
  const bool boxed = bytes == std::array<Uint8, 4>{0, 0, 0, 12};
  return jpeg || jpeg2000 || boxed;
}

}  // namespace

CodedFrames::CodedFrames(DcmDataset& dataset, std::size_t frames) {
  DcmPixelSequence* const sequence = CodedPixels(dataset);
  if (sequence == nullptr) return;
  std::vector<std::uint32_t> offsets, lengths;
  bool is_table = true;  // the first
  DcmObject* object = nullptr;
  while ((object = sequence->nextInContainer(object)) != nullptr) {
    auto* item = dynamic_cast<DcmPixelItem*>(object);
    if (item == nullptr) return;
    if (is_table) {
      offsets = OffsetsIn(*item);
      is_table = false;
      continue;
    }
    fragments_.push_back(item);
    lengths.push_back(item->getLength());
  }
  while (lengths.size() > frames && lengths.back() == 0) {
    lengths.pop_back();
    fragments_.pop_back();
  }
  ranges_ = DivideFragments(frames, offsets, lengths,
                            [&](std::size_t i) { return BeginsCodestream(*fragments_[i]); });
}

std::vector<std::uint8_t> CodedFrames::Read(std::size_t frame) const {
  std::vector<std::uint8_t> bytes;
  if (frame >= ranges_.size()) return bytes;
  for (std::size_t i = ranges_[frame].begin; i < ranges_[frame].end; ++i) {
    Uint8* data = nullptr;
    if (fragments_[i]->getUint8Array(data).bad()) return {};
    if (data != nullptr) bytes.insert(bytes.end(), data, data + fragments_[i]->getLength());
  }
  return bytes;
}

}  // namespace gvsl::data_loader
