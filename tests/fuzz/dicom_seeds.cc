#include "tests/fuzz/dicom_seeds.h"

#include <stdexcept>
#include <vector>

#include "common/file_system.h"
#include "tests/fuzz/parts.h"
#include "tests/support/csa_maker.h"
#include "tests/support/dicom_encoder.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/enhanced_maker.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::fuzz {
namespace {

using testing::DicomCoding;
using Seeds = std::map<std::string, std::string>;
namespace syntax = testing::syntax;

std::string ReadBack(const std::string& path) {
  auto bytes = ReadFile(PosixFileSystem(), path);
  if (!bytes.ok()) throw std::runtime_error(bytes.status().ToString());
  return *std::move(bytes);
}

std::string Coded(const demo::DicomSlice& slice, const DicomCoding& coding) {
  const testing::TemporaryDirectory folder;
  testing::WriteCodedSlice(slice, coding, folder / "one.dcm");
  return ReadBack(folder / "one.dcm");
}

std::string Enhanced(const testing::EnhancedCoding& coding) {
  const testing::TemporaryDirectory folder;
  testing::WriteEnhanced(testing::MakeSlices(3), coding, folder / "one.dcm");
  return ReadBack(folder / "one.dcm");
}

DicomCoding Bytes8(const std::string& syntax) {
  DicomCoding coding{.syntax = syntax, .bits_allocated = 8, .bits_stored = 8, .high_bit = 7};
  coding.is_signed = false;
  for (std::uint16_t i = 0; i < 30; ++i) coding.words.push_back(i);
  return coding;
}

DicomCoding Mosaic() {
  DicomCoding coding;
  coding.image_type = "ORIGINAL\\PRIMARY\\M\\MOSAIC";
  coding.csa_image =
      testing::MakeCsa({{"NumberOfImagesInMosaic", {"4"}}, {"SliceNormalVector", {"0", "0", "1"}}});
  coding.csa_series = testing::MakeCsa({{"MrPhoenixProtocol", {testing::MakeProtocol(4, -6, 3)}}});
  return coding;
}

DicomCoding Odd() {
  DicomCoding coding{.bits_stored = 12, .high_bit = 11};
  coding.padding = 0xf830;
  coding.padding_limit = 0xf831;
  coding.overlay_bit = 15;
  coding.texts = {{0x00280030, "1.5\\2"}, {0x00100010, "Doe^Jane"}, {0x00080005, "ISO_IR 100"}};
  return coding;
}

const std::vector<const char*>& Lossless() {
  static const std::vector<const char*> syntaxes = {
      syntax::kImplicit,  syntax::kExplicit,
      syntax::kBigEndian, syntax::kDeflated,
      syntax::kRle,       syntax::kJpegLossless,
      syntax::kJpegLs,    syntax::kJpeg2000,
      syntax::kHtj2k,     syntax::kJpegLosslessFirstOrder};
  return syntaxes;
}

}  // namespace

Seeds DicomFileSeeds() {
  const demo::DicomSlice slice = testing::MakeSlices(1)[0];
  demo::DicomSlice square = slice;
  square.rows = square.columns = 8;
  square.pixels.assign(64, 5);
  Seeds seeds;
  for (const char* syntax : Lossless()) seeds[syntax] = Coded(slice, {.syntax = syntax});
  for (const char* syntax : {syntax::kJpegBaseline, syntax::kRle, syntax::kJpegLs}) {
    seeds[std::string(syntax) + "-8"] = Coded(slice, Bytes8(syntax));
  }
  seeds["mosaic"] = Coded(square, Mosaic());
  seeds["odd"] = Coded(slice, Odd());
  seeds["fragments"] = Coded(slice, {.syntax = syntax::kJpeg2000, .fragments = 3});
  seeds["unknown"] = Coded(slice, {.has_unknown_kinds = true});
  seeds["bare"] = Coded(slice, {.has_meta_header = false});
  seeds["enhanced"] = Enhanced({.has_decoys = true});
  seeds["enhanced-coded"] = Enhanced({.syntax = syntax::kJpeg2000, .fragments_each = 2});
  return seeds;
}

Seeds DicomSeriesSeeds() {
  Seeds seeds;
  for (const char* syntax : Lossless()) {
    std::vector<std::string> files;
    for (const auto& slice : testing::MakeSlices(3))
      files.push_back(Coded(slice, {.syntax = syntax}));
    seeds[syntax] = Joined(files);
  }
  std::vector<std::string> tilted, copies;
  for (auto slice : testing::MakeSlices(4)) {
    slice.position[1] += slice.position[2] / 10;
    tilted.push_back(Coded(slice, Odd()));
    copies.insert(copies.end(), 2, Coded(slice, {.syntax = syntax::kRle}));
  }
  seeds["tilted"] = Joined(tilted);
  seeds["copies"] = Joined(copies);
  seeds["enhanced"] = Joined({Enhanced({.syntax = syntax::kRle})});
  return seeds;
}

}  // namespace gvsl::fuzz
