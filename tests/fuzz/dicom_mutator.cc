#include "tests/fuzz/dicom_mutator.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace gvsl::fuzz {
namespace {

using Buffer = std::vector<std::uint8_t>;

struct Element {
  std::size_t begin = 0;   // of its tag
  std::size_t length = 0;  // where the length stands
  std::size_t value = 0;
  std::size_t end = 0;
};

// Explicit little endian, sequences and items of no stated length entered: what looks like an
// element from the first "DICM" on.
std::vector<Element> ElementsOf(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::string_view, 8> kLong = {"OB", "OW", "OF", "SQ",
                                                     "UC", "UN", "UR", "UT"};
  constexpr std::string_view kMagic = "DICM";
  std::vector<Element> elements;
  const auto magic = std::search(bytes.begin(), bytes.end(), kMagic.begin(), kMagic.end());
  auto at = static_cast<std::size_t>(magic - bytes.begin()) + kMagic.size();
  const auto number = [&](std::size_t place, std::size_t count) {
    std::size_t value = 0;
    for (std::size_t i = count; i-- > 0;) value = value << 8U | bytes[place + i];
    return value;
  };
  while (at + 12 <= bytes.size()) {
    const std::string_view kind(reinterpret_cast<const char*>(&bytes[at + 4]), 2);
    const bool is_item = number(at, 2) == 0xfffe;
    const bool is_long = std::ranges::find(kLong, kind) != kLong.end();
    Element element{at,
                    at + (is_item   ? 4
                          : is_long ? 8
                                    : 6),
                    at + (is_item || !is_long ? 8 : 12), 0};
    const std::size_t stated = number(element.length, is_item || is_long ? 4 : 2);
    const bool is_entered = is_item || kind == "SQ" || stated == 0xffffffff;
    element.end = is_entered ? element.value : std::min(bytes.size(), element.value + stated);
    elements.push_back(element);
    at = element.end;
  }
  return elements;
}

std::uint32_t Next(std::uint32_t& state) {
  state = state * 1664525U + 1013904223U;
  return state >> 8U;
}

void SetLength(Buffer& bytes, const Element& element, std::uint32_t value) {
  const std::size_t count = element.value - element.length;
  for (std::size_t i = 0; i < count; ++i) {
    bytes[element.length + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

std::uint32_t Absurd(std::uint32_t& state) {
  constexpr std::array<std::uint32_t, 9> kLengths = {
      0, 1, 2, 0xfffe, 0xffff, 0x7ffffffe, 0x80000000, 0xfffffffe, 0xffffffff};
  return kLengths[Next(state) % kLengths.size()];
}

void ReplaceValue(Buffer& bytes, const Element& element, const Buffer& value) {
  bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(element.value),
              bytes.begin() + static_cast<std::ptrdiff_t>(element.end));
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(element.value), value.begin(),
               value.end());
  SetLength(bytes, element, static_cast<std::uint32_t>(value.size()));
}

}  // namespace

std::size_t MutateDicom(std::span<std::uint8_t> room, std::size_t size, std::uint32_t seed,
                        std::size_t (*mutate)(std::uint8_t*, std::size_t, std::size_t)) {
  const std::vector<Element> elements = ElementsOf(room.first(size));
  if (elements.empty()) return 0;
  std::uint32_t state = seed;
  Buffer bytes(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
  const Element& element = elements[Next(state) % elements.size()];
  const Element& other = elements[Next(state) % elements.size()];
  const auto at = [](Buffer& buffer, std::size_t place) {
    return buffer.begin() + static_cast<std::ptrdiff_t>(place);
  };
  const Buffer whole(at(bytes, other.begin), at(bytes, other.end));
  switch (Next(state) % 6) {
    case 0:
      SetLength(bytes, element, Absurd(state));
      break;
    case 1:
      bytes.erase(at(bytes, element.begin), at(bytes, element.end));
      break;
    case 2:
      bytes.insert(at(bytes, element.begin), whole.begin(), whole.end());
      break;
    case 3:
      ReplaceValue(bytes, element, Buffer(at(bytes, other.value), at(bytes, other.end)));
      break;
    default: {
      Buffer value(at(bytes, element.value), at(bytes, element.end));
      const std::size_t most = value.size() + 16;
      const std::size_t old_size = value.size();
      value.resize(most);
      value.resize(mutate(value.data(), old_size, most));
      if (value.size() % 2 != 0) value.push_back(0);
      ReplaceValue(bytes, element, value);
    }
  }
  if (bytes.empty() || bytes.size() > room.size()) return 0;
  std::copy(bytes.begin(), bytes.end(), room.begin());
  return bytes.size();
}

}  // namespace gvsl::fuzz
