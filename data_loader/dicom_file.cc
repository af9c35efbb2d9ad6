#include "data_loader/dicom_file.h"

#include <dcmtk/dcmdata/dcistrmf.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/appender.h>
#include <dcmtk/oflog/oflog.h>
#include <dcmtk/oflog/spi/logevent.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace gvsl::data_loader {
namespace {

constexpr std::uintptr_t kMostStack = std::uintptr_t{1} << 20;  // some thousand nested sequences
// What an image needs, and what the frames of an enhanced one need beside their pixels.
constexpr std::uint64_t kMostElements = 500'000;
constexpr std::uint64_t kLeastBytesPerElement = 64;
constexpr std::uint64_t kMostFurtherElements = 4'000'000;
// Deflated data is read whole: as much as files of images inflate to, and what a blank image does.
constexpr std::uint64_t kMostBytesRead = std::uint64_t{1} << 29;
constexpr std::uint64_t kBytesOfAnyFile = std::uint64_t{1} << 26;
constexpr std::uint64_t kMostInflation = 32;

thread_local int decoder_warnings = 0;

// Says nothing to anybody: what a library writes of a file may name a patient.
class CountingAppender final : public dcmtk::log4cplus::Appender {
 public:
  ~CountingAppender() override { destructorImpl(); }
  void close() override { closed = true; }

 protected:
  void append(const dcmtk::log4cplus::spi::InternalLoggingEvent& event) override {
    const auto& text = event.getMessage();  // of libjpeg: bytes that a decoder passes over
    const bool harmless = text.find("extraneous bytes") != OFString_npos ||
                          text.find("JFIF revision") != OFString_npos;
    if (!harmless) ++decoder_warnings;
  }
};

void CountWarnings(const char* logger_name) {
  OFLogger logger = OFLog::getLogger(logger_name);
  logger.setLogLevel(OFLogger::WARN_LOG_LEVEL);
  logger.setAdditivity(false);
  logger.addAppender(dcmtk::log4cplus::SharedAppenderPtr(new CountingAppender));
}

// DCMTK's logger and decoders are the process's; set up once.
void SetUpDcmtk() {
  [[maybe_unused]] static const bool done = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    CountWarnings("dcmtk.dcmjpeg");
    CountWarnings("dcmtk.dcmjpls");
    dcmEnableUnknownVRConversion.set(OFTrue);  // tags that a private export wrote as UN
    DJDecoderRegistration::registerCodecs();
    DJLSDecoderRegistration::registerCodecs();
    return true;
  }();
}

// A file whose beginning is in memory, and of the rest nothing is read.
class HeadProducer final : public DcmProducer {
 public:
  HeadProducer(std::span<const std::uint8_t> head, std::uint64_t bytes)
      : head_(head), bytes_(static_cast<offile_off_t>(bytes)) {}
  OFBool good() const override { return !ran_out_; }
  OFCondition status() const override { return ran_out_ ? EC_InvalidStream : EC_Normal; }
  OFBool eos() override { return at_ >= bytes_; }
  offile_off_t avail() override { return bytes_ - at_; }
  offile_off_t read(void* buffer, offile_off_t length) override {
    const auto known = static_cast<offile_off_t>(head_.size());
    const offile_off_t count = std::clamp<offile_off_t>(known - at_, 0, length);
    ran_out_ = ran_out_ || count < length;
    if (count > 0) std::memcpy(buffer, head_.data() + at_, static_cast<std::size_t>(count));
    at_ += count;
    return count;
  }
  offile_off_t skip(offile_off_t length) override {
    const offile_off_t count = std::min(length, avail());
    at_ += count;
    return count;
  }
  void putback(offile_off_t count) override { at_ -= count; }

 private:
  std::span<const std::uint8_t> head_;
  offile_off_t bytes_;
  offile_off_t at_ = 0;
  bool ran_out_ = false;  // what was asked for stands behind the head
};

class HeadStream : public DcmInputStream {
 public:
  HeadStream(const std::string& path, std::span<const std::uint8_t> head, std::uint64_t bytes)
      : DcmInputStream(&producer_), path_(path), producer_(head, bytes) {}
  DcmInputStreamFactory* newFactory() const override {
    return new DcmInputFileStreamFactory(OFFilename(path_.c_str()), tell());
  }

 private:
  const std::string& path_;
  HeadProducer producer_;
};

// DCMTK descends by recursion and has no limit of its own; every descent reads from the stream, so
// that the stream can see how deep it is.
template <typename Stream>
class Bounded final : public Stream {
 public:
  template <typename... Arguments>
  Bounded(std::uintptr_t stack_base, std::uint64_t bytes, std::span<const ByteRange> unread,
          Arguments&&... arguments)
      : Stream(std::forward<Arguments>(arguments)...),
        stack_base_(stack_base),
        unread_(unread),
        file_bytes_(bytes),
        most_elements_(kMostElements + std::min<std::uint64_t>(bytes / kLeastBytesPerElement,
                                                               kMostFurtherElements)),
        most_bytes_(MostBytes(bytes)) {}

  bool excessive() const { return excessive_; }
  std::uint64_t file_bytes() const { return file_bytes_; }
  std::uint64_t most_value_bytes() const { return is_deflated_ ? most_bytes_ : file_bytes_; }
  OFBool good() const override { return !excessive_ && Stream::good(); }
  OFCondition status() const override { return excessive_ ? EC_InvalidStream : Stream::status(); }
  offile_off_t avail() override { return excessive_ ? 0 : Stream::avail(); }
  offile_off_t read(void* buffer, offile_off_t length) override {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    const std::uintptr_t stack = here < stack_base_ ? stack_base_ - here : here - stack_base_;
    if (stack > kMostStack || bytes_ + static_cast<std::uint64_t>(length) > most_bytes_) {
      excessive_ = true;
    }
    if (excessive_) return 0;
    const offile_off_t count = Stream::read(buffer, length);
    CheckLength({static_cast<const unsigned char*>(buffer), static_cast<std::size_t>(count)});
    bytes_ += static_cast<std::uint64_t>(count);
    return count;
  }
  offile_off_t skip(offile_off_t length) override {
    if (is_deflated_) bytes_ += static_cast<std::uint64_t>(length);
    if (bytes_ > most_bytes_) excessive_ = true;
    return excessive_ ? 0 : Stream::skip(length);
  }
  // Where an element begins.
  void mark() override {
    if (++elements_ > most_elements_) excessive_ = true;
    if (!unread_.empty() && static_cast<std::uint64_t>(this->tell()) == unread_.front().begin) {
      this->skip(static_cast<offile_off_t>(unread_.front().end - unread_.front().begin));
      unread_ = unread_.subspan(1);
    }
    element_ = bytes_;
    kind_.clear();
    Stream::mark();
  }
  OFCondition installCompressionFilter(E_StreamCompression kind) override {
    is_deflated_ = true;
    return Stream::installCompressionFilter(kind);
  }

 private:
  static std::uint64_t MostBytes(std::uint64_t file_bytes) {
    const std::uint64_t inflated =
        std::min(file_bytes, kMostBytesRead / kMostInflation) * kMostInflation;
    return std::min(kBytesOfAnyFile + inflated, kMostBytesRead);
  }

  // Of deflated data DCMTK takes memory for a value as soon as its length is read: four bytes
  // behind a tag, or behind that and a value representation.
  void CheckLength(std::span<const unsigned char> bytes) {
    const std::uint64_t offset = bytes_ - element_;
    if (bytes.size() == 2 && offset == 4) {
      kind_ = {static_cast<char>(bytes[0]), static_cast<char>(bytes[1])};
    }
    if (!is_deflated_ || bytes.size() != 4) return;
    const bool is_long = !kind_.empty() && DcmVR(kind_.c_str()).usesExtendedLengthEncoding();
    if (offset != (is_long ? 8 : 4)) return;
    std::uint32_t length = 0;
    for (std::size_t i = 4; i-- > 0;) length = length << 8U | bytes[i];
    if (length != DCM_UndefinedLength && bytes_ + length > most_bytes_) excessive_ = true;
  }

  std::uintptr_t stack_base_;
  std::span<const ByteRange> unread_;
  std::uint64_t file_bytes_;
  std::uint64_t most_elements_;
  std::uint64_t most_bytes_;
  bool is_deflated_ = false;
  std::uint64_t element_ = 0;  // where the last one began
  std::string kind_;           // its value representation, where it has one
  std::uint64_t elements_ = 0;
  std::uint64_t bytes_ = 0;
  bool excessive_ = false;
};

bool IsBeyond(DcmObject& value, std::uint64_t bytes) {
  const Uint32 length = value.getLengthField();
  if (length != DCM_UndefinedLength) return length > bytes;
  return value.isLeaf() && value.ident() != EVR_PixelData;
}

// Of values that stay on disk DCMTK takes memory by their lengths when they are asked for, though
// the file ends before, or the length is none: they go. False where there was one.
bool HasAllValues(DcmItem& item, std::uint64_t bytes) {
  bool has_all = true;
  std::vector<DcmObject*> beyond;
  DcmObject* object = nullptr;
  while ((object = item.nextInContainer(object)) != nullptr) {
    if (IsBeyond(*object, bytes)) {
      beyond.push_back(object);
    } else if (auto* const sequence = dynamic_cast<DcmSequenceOfItems*>(object)) {
      DcmObject* inner = nullptr;
      while ((inner = sequence->nextInContainer(inner)) != nullptr) {
        if (auto* const nested = dynamic_cast<DcmItem*>(inner)) {
          has_all &= HasAllValues(*nested, bytes);
        }
      }
    }
  }
  for (DcmObject* const value : beyond) delete item.remove(value);
  return has_all && beyond.empty();
}

template <typename Stream>
DicomLoad LoadFrom(Stream& stream, DcmFileFormat& file) {
  if (stream.status().bad()) return DicomLoad::kIncomplete;
  file.transferInit();
  const OFCondition read = file.read(stream);
  file.transferEnd();
  bool whole = HasAllValues(*file.getMetaInfo(), stream.file_bytes());
  whole &= HasAllValues(*file.getDataset(), stream.most_value_bytes());
  if (stream.excessive()) return DicomLoad::kExcessive;
  return read.good() && whole ? DicomLoad::kWhole : DicomLoad::kIncomplete;
}

std::uintptr_t StackHere() { return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)); }

}  // namespace

DicomLoad LoadDicomFile(const std::string& path, DcmFileFormat& file) {
  SetUpDcmtk();
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  Bounded<DcmInputFileStream> stream(StackHere(), error ? 0 : bytes, std::span<const ByteRange>(),
                                     path.c_str());
  return LoadFrom(stream, file);
}

DicomLoad LoadPlainDicomFile(const std::string& path, std::span<const std::uint8_t> head,
                             std::uint64_t bytes, const DicomOutline& outline,
                             DcmFileFormat& file) {
  SetUpDcmtk();
  if (outline.pixels.end == bytes) {
    Bounded<HeadStream> stream(StackHere(), bytes, outline.unread, path, head, bytes);
    if (LoadFrom(stream, file) == DicomLoad::kWhole) return DicomLoad::kWhole;
    file.clear();  // a value is longer than the head, and was to be read at once
  }
  Bounded<DcmInputFileStream> stream(StackHere(), bytes, outline.unread, path.c_str());
  return LoadFrom(stream, file);
}

PixelCoding CodingOf(DcmDataset& dataset) {
  const auto* syntax = FindTransferSyntax(DcmXfer(dataset.getOriginalXfer()).getXferID());
  return syntax == nullptr ? PixelCoding::kNotRead : syntax->coding;
}

bool DecodeWithoutWarning(DcmDataset& dataset) {
  decoder_warnings = 0;
  const bool decoded = dataset.chooseRepresentation(EXS_LittleEndianExplicit, nullptr).good();
  return decoded && decoder_warnings == 0;
}

}  // namespace gvsl::data_loader
