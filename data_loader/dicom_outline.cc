#include "data_loader/dicom_outline.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace gvsl::data_loader {
namespace {

constexpr std::uint64_t kPreamble = 132;
constexpr std::uint32_t kUndefined = 0xffffffff;
constexpr std::uint32_t kItem = 0xfffee000, kItemEnd = 0xfffee00d, kSequenceEnd = 0xfffee0dd;
constexpr std::uint32_t kPixelData = 0x7fe00010, kTransferSyntax = 0x00020010;
constexpr int kMostDepth = 16;
constexpr int kMostElements = 20'000;

// Of groups of which not everything is read.
constexpr std::array<std::uint32_t, 20> kRead = {
    0x00080008, 0x00080016, 0x00080018, 0x00080022, 0x0008002a, 0x00080032, 0x00080060,
    0x00089208, 0x00100020, 0x00180081, 0x00181060, 0x00189087, 0x0020000d, 0x0020000e,
    0x00200012, 0x00200013, 0x00200032, 0x00200037, 0x00200052, 0x00200100};

struct Element {
  std::uint32_t tag = 0;
  std::string_view kind;  // empty in an implicit syntax, and of what has none
  std::uint32_t length = 0;
  std::uint64_t value = 0;  // where it begins
};

class Walker {
 public:
  Walker(std::span<const std::uint8_t> head, std::uint64_t bytes) : head_(head), bytes_(bytes) {}

  std::uint64_t at() const { return at_; }
  void set_explicit(bool is_explicit) { explicit_ = is_explicit; }

  bool IsAtGroup(std::uint32_t group) const {
    return at_ + 2 <= head_.size() && Number(at_, 2) == group;
  }
  // Goes behind its head. Nothing where that ends beyond what is there, or after too many.
  std::optional<Element> Next() {
    if (at_ + 12 > head_.size() || ++elements_ > kMostElements) return std::nullopt;
    Element element;
    element.tag = Number(at_, 2) << 16U | Number(at_ + 2, 2);
    const bool has_kind = explicit_ && element.tag >> 16U != 0xfffe;
    std::uint64_t head = 8;
    if (!has_kind) {
      element.length = Number(at_ + 4, 4);
    } else {
      element.kind = {reinterpret_cast<const char*>(head_.data() + at_ + 4), 2};
      const bool is_long = IsLong(element.kind);
      element.length = is_long ? Number(at_ + 8, 4) : Number(at_ + 6, 2);
      if (is_long) head = 12;
      if (!is_long && !IsShort(element.kind)) return std::nullopt;
    }
    at_ += head;
    element.value = at_;
    return element;
  }

  // Goes behind it, with all that is in it.
  bool Skip(const Element& element) {
    if (element.length != kUndefined) {
      at_ += element.length;
      return at_ <= bytes_;
    }
    if (explicit_ && element.kind != "SQ") return false;
    for (int depth = 1; depth > 0;) {
      const auto inner = Next();
      if (!inner || depth > kMostDepth) return false;
      const bool ends = inner->tag == kItemEnd || inner->tag == kSequenceEnd;
      if (ends && inner->length != 0) return false;
      if (ends) {
        --depth;
      } else if (inner->length != kUndefined) {
        at_ += inner->length;
      } else {
        if (inner->tag != kItem && explicit_ && inner->kind != "SQ") return false;
        ++depth;
      }
      if (at_ > bytes_) return false;
    }
    return true;
  }

  std::string_view Value(const Element& element) const {
    if (element.value + element.length > head_.size()) return {};
    return {reinterpret_cast<const char*>(head_.data() + element.value), element.length};
  }

 private:
  static bool IsLong(std::string_view kind) {
    constexpr std::array<std::string_view, 13> kLong = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                        "SV", "UC", "UN", "UR", "UT", "UV"};
    return std::ranges::find(kLong, kind) != kLong.end();
  }
  static bool IsShort(std::string_view kind) {
    constexpr std::array<std::string_view, 21> kShort = {"AE", "AS", "AT", "CS", "DA", "DS", "DT",
                                                         "FL", "FD", "IS", "LO", "LT", "PN", "SH",
                                                         "SL", "SS", "ST", "TM", "UI", "UL", "US"};
    return std::ranges::find(kShort, kind) != kShort.end();
  }
  std::uint32_t Number(std::uint64_t at, std::size_t bytes) const {
    std::uint32_t number = 0;
    for (std::size_t i = bytes; i-- > 0;) number = number << 8U | head_[at + i];
    return number;
  }

  std::span<const std::uint8_t> head_;
  std::uint64_t bytes_;
  std::uint64_t at_ = kPreamble;
  int elements_ = 0;
  bool explicit_ = true;  // the meta header is
};

// Whether the data set's elements say their kind; nothing where it is not plain.
std::optional<bool> ReadMeta(Walker& walker) {
  std::optional<bool> is_explicit;
  while (walker.IsAtGroup(2)) {
    const auto element = walker.Next();
    if (!element) return std::nullopt;
    if (element->tag == kTransferSyntax) {
      std::string_view uid = walker.Value(*element);
      while (uid.ends_with('\0')) uid.remove_suffix(1);
      if (uid == "1.2.840.10008.1.2.1") is_explicit = true;
      if (uid == "1.2.840.10008.1.2") is_explicit = false;
    }
    if (!walker.Skip(*element)) return std::nullopt;
  }
  return is_explicit;
}

}  // namespace

bool HasDicomMagic(std::span<const std::uint8_t> head) {
  constexpr std::string_view kMagic = "DICM";
  return head.size() > kPreamble && std::equal(kMagic.begin(), kMagic.end(), head.begin() + 128);
}

bool IsReadElement(std::uint16_t group, std::uint16_t element) {
  if (group <= 0x0004 || group == 0x0028 || group == 0x0029 || group == 0x5200) return true;
  if (group >= 0x6000) return true;  // overlays and pixels
  return std::ranges::binary_search(kRead, std::uint32_t{group} << 16U | element);
}

std::optional<DicomOutline> OutlineOf(std::span<const std::uint8_t> head, std::uint64_t bytes) {
  if (!HasDicomMagic(head)) return std::nullopt;
  Walker walker(head, bytes);
  const std::optional<bool> is_explicit = ReadMeta(walker);
  if (!is_explicit) return std::nullopt;
  walker.set_explicit(*is_explicit);
  DicomOutline outline;
  std::uint32_t last = 0;
  for (;;) {
    const std::uint64_t begin = walker.at();
    const auto element = walker.Next();
    if (!element || element->tag <= last || element->tag > kPixelData) return std::nullopt;
    last = element->tag;
    const std::uint64_t end = element->value + element->length;
    if (element->tag == kPixelData) {
      const bool is_plain = !*is_explicit || element->kind == "OW" || element->kind == "OB";
      if (element->length == kUndefined || end > bytes || !is_plain) return std::nullopt;
      outline.pixels = {element->value, end};
      return outline;
    }
    if (!walker.Skip(*element)) return std::nullopt;
    if (IsReadElement(static_cast<std::uint16_t>(last >> 16U), static_cast<std::uint16_t>(last))) {
      continue;
    }
    if (!outline.unread.empty() && outline.unread.back().end == begin) {
      outline.unread.back().end = walker.at();
    } else {
      outline.unread.push_back({begin, walker.at()});
    }
  }
}

}  // namespace gvsl::data_loader
