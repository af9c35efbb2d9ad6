// DICOM slices coded in every way that hospitals have, and in some that are wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "deploy/demo/virtual_subjects/dicom_slice_writer.h"

class DcmDataset;

namespace gvsl::testing {

namespace syntax {
inline constexpr char kImplicit[] = "1.2.840.10008.1.2";
inline constexpr char kExplicit[] = "1.2.840.10008.1.2.1";
inline constexpr char kDeflated[] = "1.2.840.10008.1.2.1.99";
inline constexpr char kBigEndian[] = "1.2.840.10008.1.2.2";
inline constexpr char kRle[] = "1.2.840.10008.1.2.5";
inline constexpr char kJpegBaseline[] = "1.2.840.10008.1.2.4.50";
inline constexpr char kJpegExtended[] = "1.2.840.10008.1.2.4.51";
inline constexpr char kJpegLossless[] = "1.2.840.10008.1.2.4.57";
inline constexpr char kJpegLosslessFirstOrder[] = "1.2.840.10008.1.2.4.70";
inline constexpr char kJpegLs[] = "1.2.840.10008.1.2.4.80";
inline constexpr char kJpeg2000[] = "1.2.840.10008.1.2.4.90";
inline constexpr char kGe[] = "1.2.840.113619.5.2";
inline constexpr char kHtj2k[] = "1.2.840.10008.1.2.4.201";
}  // namespace syntax

struct DicomCoding {
  std::string syntax = syntax::kExplicit;
  int bits_allocated = 16, bits_stored = 16, high_bit = 15;
  bool is_signed = true;
  std::vector<std::uint16_t> words;      // instead of the slice's own pixels
  std::vector<std::uint8_t> codestream;  // instead of what an encoder would make of these
  std::optional<std::uint16_t> padding, padding_limit;
  std::optional<std::uint16_t> overlay_bit;  // of the pixels' words
  int fragments = 1;
  std::string photometric = "MONOCHROME2";
  std::string image_type = "DERIVED\\SECONDARY";
  std::string csa_image, csa_series;  // private headers of a Siemens scanner (csa_maker.h)
  std::vector<std::pair<std::uint32_t, std::string>> texts;  // group << 16 | element, and a value
  bool has_meta_header = true;                               // preamble and group 2
  bool has_unknown_kinds =
      false;  // geometry and numbers of pixels with the value representation UN
};

// In place of pixels that are not compressed; by DCMTK, so not JPEG 2000. Throws where that cannot
// be.
void EncodeLosslessly(DcmDataset& dataset, const std::string& syntax);

// Throws where that cannot be.
void WriteCodedSlice(const demo::DicomSlice& slice, const DicomCoding& coding,
                     const std::string& path);

}  // namespace gvsl::testing
