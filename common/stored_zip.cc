#include "common/stored_zip.h"

#include <zlib.h>

#include <utility>

namespace gvsl {
namespace {

// The records of PKWARE's APPNOTE.TXT, version 6.3.
constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kCentralHeader = 0x02014b50;
constexpr std::uint32_t kZip64End = 0x06064b50;
constexpr std::uint32_t kZip64Locator = 0x07064b50;
constexpr std::uint32_t kEnd = 0x06054b50;

constexpr std::uint16_t kVersion = 45;  // the first with ZIP64
constexpr std::uint16_t kUtf8Names = 1 << 11;
constexpr std::uint16_t kZip64Field = 1;
constexpr std::uint16_t kFirstDay = (1 << 5) | 1;
// "See the ZIP64 record."
constexpr std::uint16_t kElsewhere16 = 0xffff;
constexpr std::uint32_t kElsewhere32 = 0xffffffff;

class Record {
 public:
  template <typename... Numbers>
  explicit Record(Numbers... numbers) {
    Append(numbers...);
  }
  template <typename... Numbers>
  void Append(Numbers... numbers) {
    (text_.append(reinterpret_cast<const char*>(&numbers), sizeof(numbers)), ...);
  }
  void Text(const std::string& text) { text_ += text; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

constexpr std::uint16_t U16(std::size_t value) { return static_cast<std::uint16_t>(value); }
constexpr std::uint32_t U32(std::size_t value) { return static_cast<std::uint32_t>(value); }
constexpr std::uint64_t U64(std::size_t value) { return value; }

constexpr std::size_t kLocalExtra = 2 * sizeof(std::uint64_t);
constexpr std::size_t kCentralExtra = 3 * sizeof(std::uint64_t);

// What both headers of an entry say after their first numbers, up to the name's length.
void Describe(Record& record, std::uint32_t crc, const std::string& name) {
  record.Append(kVersion, kUtf8Names, U16(0), U16(0), kFirstDay, crc);  // stored, at 0:00
  record.Append(kElsewhere32, kElsewhere32, U16(name.size()));
}

}  // namespace

Status StoredZip::Take(std::string_view bytes) {
  written_ += bytes.size();
  return take_(bytes);
}

Status StoredZip::Add(const std::string& name, std::string_view bytes) {
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  const auto crc = static_cast<std::uint32_t>(crc32_z(crc32_z(0, nullptr, 0), data, bytes.size()));
  entries_.push_back({.name = name, .crc = crc, .size = bytes.size(), .place = written_});
  Record header(kLocalHeader);
  Describe(header, crc, name);
  header.Append(U16(2 * sizeof(std::uint16_t) + kLocalExtra));
  header.Text(name);
  header.Append(kZip64Field, U16(kLocalExtra), U64(bytes.size()), U64(bytes.size()));
  GVSL_RETURN_IF_ERROR(Take(header.text()));
  return Take(bytes);
}

Status StoredZip::Finish() {
  const std::uint64_t list = written_;
  for (const Entry& entry : entries_) {
    Record header(kCentralHeader, kVersion);
    Describe(header, entry.crc, entry.name);
    header.Append(U16(2 * sizeof(std::uint16_t) + kCentralExtra), U16(0), U16(0), U16(0), U32(0),
                  kElsewhere32);
    header.Text(entry.name);
    header.Append(kZip64Field, U16(kCentralExtra), entry.size, entry.size, entry.place);
    GVSL_RETURN_IF_ERROR(Take(header.text()));
  }
  const std::uint64_t end = written_;
  const std::uint64_t count = entries_.size();
  constexpr std::uint64_t kRestOfZip64End = 44;
  Record record(kZip64End, kRestOfZip64End, kVersion, kVersion, U32(0), U32(0), count, count,
                end - list, list);
  record.Append(kZip64Locator, U32(0), end, U32(1));
  record.Append(kEnd, U16(0), U16(0), kElsewhere16, kElsewhere16, kElsewhere32, kElsewhere32,
                U16(0));
  return Take(record.text());
}

}  // namespace gvsl
