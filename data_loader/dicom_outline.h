// Where things stand in a plain DICOM file, without reading them: with preamble and meta header,
// little endian, not compressed. Pure; knows no DCMTK.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gvsl::data_loader {

struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct DicomOutline {
  // Elements that nobody here asks for, each with its sequences; ascending, before the pixels.
  std::vector<ByteRange> unread;
  ByteRange pixels;  // the value of PixelData
};

// Whether a file begins with the preamble and its mark.
bool HasDicomMagic(std::span<const std::uint8_t> head);

// Whether readers ask for an element of the data set itself. Those that ask must be listed there:
// Text() and Numbers() of dicom_tags.h insist on it.
bool IsReadElement(std::uint16_t group, std::uint16_t element);

// `head` is the beginning of a file of `bytes` bytes. Nothing where the pixels do not begin in it,
// or anything is out of the ordinary: such a file has to be read as a whole.
std::optional<DicomOutline> OutlineOf(std::span<const std::uint8_t> head, std::uint64_t bytes);

}  // namespace gvsl::data_loader
