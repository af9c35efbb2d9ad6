// Values of DICOM tags by DCMTK; for dicom_*.cc alone.
#pragma once

#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data_loader/dicom_outline.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

inline Rejection Truncated(const std::string& path) {
  return {"TRUNCATED", "a file ends before its data does; copy it again", path};
}

inline bool MayBeAsked(DcmItem& item, const DcmTagKey& tag) {
  return item.ident() != EVR_dataset || IsReadElement(tag.getGroup(), tag.getElement());
}

// Also of a data set that is no file's. A sequence has no text, but DCMTK takes memory for one.
inline std::string AnyText(DcmItem& item, const DcmTagKey& tag) {
  DcmElement* element = nullptr;
  if (item.findAndGetElement(tag, element).bad() || !element->isLeaf()) return "";
  OFString value;
  element->getOFStringArray(value);
  const std::size_t end = value.find_last_not_of(std::string(" \0", 2).c_str(), OFString_npos, 2);
  return end == OFString_npos ? "" : std::string(value.c_str(), end + 1);
}

inline std::string Text(DcmItem& item, const DcmTagKey& tag) {
  assert(MayBeAsked(item, tag));
  return AnyText(item, tag);
}

// All of a text that is a number, with a comma for a point as some systems write it, or nothing:
// DCMTK takes what a text begins with, of "1,5" a 1.
inline std::optional<double> DecimalOf(std::string text) {
  std::ranges::replace(text, ',', '.');
  std::string_view rest = text;
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  while (rest.ends_with(' ') || rest.ends_with('\0')) rest.remove_suffix(1);
  if (rest.starts_with('+')) rest.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  const bool is_whole = error == std::errc() && end == rest.data() + rest.size();
  return is_whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

// Of any kind of number.
inline std::optional<double> NumberAt(DcmItem& item, const DcmTagKey& tag, unsigned long index) {
  assert(MayBeAsked(item, tag));
  DcmElement* element = nullptr;
  if (item.findAndGetElement(tag, element).bad()) return std::nullopt;
  if (element->ident() == EVR_DS || element->ident() == EVR_IS) {
    OFString text;
    if (element->getOFString(text, index).bad()) return std::nullopt;
    return DecimalOf(std::string(text.data(), text.size()));
  }
  Float64 value = 0;
  Sint32 integer = 0;
  Uint32 large = 0;
  Uint16 small = 0;
  if (item.findAndGetFloat64(tag, value, index).good()) {
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
  }
  if (item.findAndGetSint32(tag, integer, index).good()) return integer;
  if (item.findAndGetUint32(tag, large, index).good()) return large;
  if (item.findAndGetUint16(tag, small, index).good()) return small;
  return std::nullopt;
}

template <std::size_t N>
std::optional<std::array<double, N>> Numbers(DcmItem& item, const DcmTagKey& tag) {
  std::array<double, N> values;
  for (std::size_t i = 0; i < N; ++i) {
    const auto value = NumberAt(item, tag, i);
    if (!value) return std::nullopt;
    values[i] = *value;
  }
  return values;
}

// `otherwise` where the tag is absent or empty; NaN where it is there and no finite number.
inline double NumberOr(DcmItem& item, const DcmTagKey& tag, double otherwise) {
  if (!item.tagExistsWithValue(tag)) return otherwise;
  const auto value = Numbers<1>(item, tag);
  return value ? (*value)[0] : std::nan("");
}

inline std::int64_t Unsigned(DcmItem& item, const DcmTagKey& tag) {
  Uint16 value = 0;
  item.findAndGetUint16(tag, value);
  return value;
}

// 1 where the object does not say; 0 where what it says is no number of frames.
inline std::int64_t FrameCount(DcmItem& dataset) {
  const double frames = NumberOr(dataset, DCM_NumberOfFrames, 1);
  return frames >= 1 && frames <= 1e6 ? static_cast<std::int64_t>(frames) : 0;
}

}  // namespace gvsl::data_loader
