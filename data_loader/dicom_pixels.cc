#include "data_loader/dicom_pixels.h"

#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "data_loader/codestream.h"
#include "data_loader/dicom_file.h"
#include "data_loader/dicom_fragments.h"
#include "data_loader/dicom_functional_groups.h"
#include "data_loader/dicom_pixel_format.h"
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

// Of what is not compressed: all frames one after the other, of which only this one is loaded.
OrRejection<Words> NativeWords(const std::string& path, DcmDataset& dataset, std::size_t frame) {
  const std::size_t count = PixelCount(dataset);
  const std::size_t bytes_each = Unsigned(dataset, DCM_BitsAllocated) <= 8 ? 1 : 2;
  const std::size_t bytes = count * bytes_each;
  DcmElement* pixels = nullptr;
  if (dataset.findAndGetElement(DCM_PixelData, pixels).bad()) return Truncated(path);
  if (pixels->getLength() < (frame + 1) * bytes) return Truncated(path);
  std::vector<Uint8> data(bytes);
  const auto offset = static_cast<Uint32>(frame * bytes);
  if (pixels->getPartialValue(data.data(), offset, static_cast<Uint32>(bytes)).bad()) {
    return Truncated(path);
  }
  Words result(count);
  for (std::size_t i = 0; i < count; ++i) {
    result[i] =
        bytes_each == 1 ? data[i] : static_cast<std::uint16_t>(data[2 * i] | data[2 * i + 1] << 8);
  }
  return result;
}

// By a data set of this frame alone, which says of it what its code does and not what a header did.
OrRejection<Words> DecodedByDcmtk(const std::string& path, E_TransferSyntax syntax,
                                  const Codestream& stream,
                                  const std::vector<std::uint8_t>& bytes) {
  DcmDataset single;
  const auto put = [&](const DcmTagKey& tag, std::int64_t value) {
    single.putAndInsertUint16(tag, static_cast<Uint16>(value));
  };
  put(DCM_SamplesPerPixel, 1);
  single.putAndInsertString(DCM_PhotometricInterpretation, "MONOCHROME2");
  put(DCM_Rows, stream.rows);
  put(DCM_Columns, stream.columns);
  put(DCM_BitsAllocated, stream.precision <= 8 ? 8 : 16);
  put(DCM_BitsStored, stream.precision);
  put(DCM_HighBit, stream.precision - 1);
  put(DCM_PixelRepresentation, 0);
  auto* fragment = new DcmPixelItem(DCM_PixelItemTag);
  fragment->putUint8Array(bytes.data(), bytes.size());
  auto* sequence = new DcmPixelSequence(DCM_PixelSequenceTag);
  sequence->insert(new DcmPixelItem(DCM_PixelItemTag));  // no table of offsets
  sequence->insert(fragment);
  auto* pixels = new DcmPixelData(DCM_PixelData);
  pixels->putOriginalRepresentation(syntax, nullptr, sequence);
  single.insert(pixels, OFTrue);
  if (!DecodeWithoutWarning(single)) return Damaged(path);
  return NativeWords(path, single, 0);
}

}  // namespace

class DicomPixels::File {
 public:
  explicit File(std::string path) : path_(std::move(path)) {}

  Rejection Load() {
    if (LoadDicomFile(path_, file_) != DicomLoad::kWhole) return Truncated(path_);
    coding_ = CodingOf(dataset());
    groups_.emplace(dataset());
    if (coding_ != PixelCoding::kNative) {
      coded_.emplace(dataset(), std::max<std::size_t>(groups_->frames().size(), 1));
    }
    header_ = ReadPixelFormat(dataset());
    ReadRescale(dataset(), header_);
    return {};
  }

  OrRejection<SliceValues> Read(std::size_t frame, Bits bits) {
    PixelFormat header = header_;
    if (DcmItem* const own = groups_->Find(frame, DCM_PixelValueTransformationSequence)) {
      ReadRescale(*own, header);
    }
    if (Rejection found = CheckFormat(header); !found.code.empty()) return found;
    OrRejection<Stored> read = ReadStored(frame, header);
    if (auto* rejection = std::get_if<Rejection>(&read)) return std::move(*rejection);
    const auto& [words, format] = std::get<Stored>(read);
    if (words.size() != PixelCount(dataset())) return Damaged(path_);
    SliceValues values = ToValues(words, format, bits);
    // Fewer bits than the header stores end in another place, where a sign would be.
    values.contradictions.sign_differs =
        format.is_signed != header.is_signed ||
        (format.is_signed && format.bits_stored < header.bits_stored);
    return values;
  }

 private:
  struct Stored {
    Words words;
    PixelFormat format;
  };

  DcmDataset& dataset() { return *file_.getDataset(); }

  OrRejection<Stored> ReadStored(std::size_t frame, const PixelFormat& header) {
    if (coding_ != PixelCoding::kNative) return ReadCoded(frame, header);
    OrRejection<Words> words = NativeWords(path_, dataset(), frame);
    if (auto* rejection = std::get_if<Rejection>(&words)) return std::move(*rejection);
    return Stored{std::get<Words>(std::move(words)), header};
  }

  OrRejection<Stored> ReadCoded(std::size_t frame, const PixelFormat& header) {
    const std::vector<std::uint8_t> bytes = coded_->Read(frame);
    if (coding_ == PixelCoding::kRle) {
      auto words = DecodeRle(bytes, PixelCount(dataset()), header.bits_allocated / 8);
      if (!words) return Damaged(path_);
      return Stored{*std::move(words), header};
    }
    const std::optional<Codestream> stream = ReadCodestream(bytes);
    if (!stream || stream->precision > 16) return Damaged(path_);
    if (stream->columns != Unsigned(dataset(), DCM_Columns) ||
        stream->rows != Unsigned(dataset(), DCM_Rows) || stream->components != 1) {
      return Rejection{"CODESTREAM_MISMATCH",
                       "its compressed image has another size than its header says, or colours; "
                       "export it again",
                       path_};
    }
    OrRejection<Words> words = Damaged(path_);
    if (coding_ == PixelCoding::kJpeg2000) {
      if (auto decoded = DecodeJpeg2000(BareCodestream(bytes))) words = *std::move(decoded);
    } else if (stream->ends) {
      words = DecodedByDcmtk(path_, dataset().getOriginalXfer(), *stream, bytes);
    }
    if (auto* rejection = std::get_if<Rejection>(&words)) return std::move(*rejection);
    return Stored{std::get<Words>(std::move(words)), OfCodestream(header, *stream)};
  }

  std::string path_;
  DcmFileFormat file_;
  PixelCoding coding_ = PixelCoding::kNative;
  PixelFormat header_;
  std::optional<FunctionalGroups> groups_;
  std::optional<CodedFrames> coded_;  // where pixels are compressed
};

OrRejection<std::unique_ptr<DicomPixels>> DicomPixels::Open(const std::string& path) {
  auto file = std::make_unique<File>(path);
  if (Rejection found = file->Load(); !found.code.empty()) return found;
  return std::unique_ptr<DicomPixels>(new DicomPixels(std::move(file)));
}

DicomPixels::DicomPixels(std::unique_ptr<File> file) : file_(std::move(file)) {}
DicomPixels::~DicomPixels() = default;

OrRejection<SliceValues> DicomPixels::Read(std::size_t frame, Bits bits) {
  return file_->Read(frame, bits);
}

}  // namespace gvsl::data_loader
