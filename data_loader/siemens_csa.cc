#include "data_loader/siemens_csa.h"

#include <algorithm>
#include <optional>

namespace gvsl::data_loader {
namespace {

constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kElementBytes = 84;  // name, multiplicity, kind, kind again, items, a mark
constexpr std::size_t kItemBytes = 16;     // of four numbers, one of which is the length

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  // What is left may be skipped, never run over.
  bool Skip(std::size_t count) {
    if (count > bytes_.size()) return false;
    bytes_ = bytes_.subspan(count);
    return true;
  }
  std::uint32_t NumberAt(std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | bytes_[at + i];
    return value;
  }
  std::string TextAt(std::size_t at, std::size_t most) const {
    const auto* begin = bytes_.data() + at;
    return {begin, std::find(begin, begin + most, 0)};
  }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

std::string Trimmed(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
  return text;
}

// The items of an element, behind which the reader then stands. Older headers state a length that
// has the number of the first element's items in it.
std::optional<std::vector<std::string>> TakeItems(Reader& reader, std::uint32_t count,
                                                  std::optional<std::uint32_t> excess) {
  std::vector<std::string> values;
  for (std::uint32_t item = 0; item < count; ++item) {
    if (reader.left() < kItemBytes) return std::nullopt;
    const std::uint32_t stated = reader.NumberAt(excess ? 0 : 4);
    const std::uint32_t length = stated - excess.value_or(0);
    reader.Skip(kItemBytes);
    if ((excess && *excess > stated) || length > reader.left()) return std::nullopt;
    if (length > 0) values.push_back(Trimmed(reader.TextAt(0, length)));
    const std::size_t padded = (std::size_t{length} + 3) / 4 * 4;
    if (!reader.Skip(std::min(padded, reader.left()))) return std::nullopt;
  }
  return values;
}

}  // namespace

std::vector<std::string> CsaValues(std::span<const std::uint8_t> header, std::string_view name) {
  constexpr std::string_view kMagic = "SV10";
  Reader reader(header);
  const bool newer = header.size() >= 8 && std::equal(kMagic.begin(), kMagic.end(), header.begin());
  if (newer) reader.Skip(8);
  if (reader.left() < 8) return {};
  const std::uint32_t elements = reader.NumberAt(0);
  reader.Skip(8);
  std::optional<std::uint32_t> excess;
  for (std::uint32_t element = 0; element < elements; ++element) {
    if (reader.left() < kElementBytes) return {};
    const std::string found = reader.TextAt(0, kNameBytes);
    const std::uint32_t items = reader.NumberAt(76);
    reader.Skip(kElementBytes);
    if (!newer && !excess) excess = items;
    const auto values = TakeItems(reader, items, excess);
    if (!values) return {};
    if (found == name) return *values;
  }
  return {};
}

}  // namespace gvsl::data_loader
