// A plain DICOM file is read without what nobody asks for, and its pixels from where they stand:
// with the same result. What is not plain is read as a whole.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "data_loader/dicom_outline.h"
#include "data_loader/dicom_reader.h"
#include "tests/support/dicom_encoder.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/readings.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::CodeOf;
using ::gvsl::testing::DicomCoding;
using ::gvsl::testing::MakeSlices;
using ::gvsl::testing::TemporaryDirectory;
using ::gvsl::testing::ValueOf;
using ::gvsl::testing::WriteCodedSlice;
namespace syntax = ::gvsl::testing::syntax;

std::vector<std::uint8_t> BytesOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class DicomOutlines : public ::testing::Test {
 protected:
  std::vector<std::uint8_t> Write(const DicomCoding& coding) {
    WriteCodedSlice(MakeSlices(1)[0], coding, path_);
    return BytesOf(path_);
  }
  void Overwrite(const std::vector<std::uint8_t>& bytes) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "a.dcm";
};

TEST_F(DicomOutlines, SayWhereThePixelsOfPlainFilesStand) {
  for (const char* plain : {syntax::kExplicit, syntax::kImplicit}) {
    const auto bytes = Write({.syntax = plain});
    const auto outline = OutlineOf(bytes, bytes.size());
    ASSERT_TRUE(outline) << plain;
    const std::int16_t first = MakeSlices(1)[0].pixels[1];
    EXPECT_EQ(outline->pixels.end - outline->pixels.begin, 60U) << plain;
    EXPECT_EQ(bytes[outline->pixels.begin + 2], static_cast<std::uint8_t>(first)) << plain;
    std::uint64_t last = 0;
    for (const ByteRange& range : outline->unread) {
      EXPECT_LE(last, range.begin);
      EXPECT_LT(range.begin, range.end);
      last = range.end;
    }
    EXPECT_LE(last, outline->pixels.begin);
    EXPECT_FALSE(outline->unread.empty()) << plain;
  }
}

TEST_F(DicomOutlines, AreOfPlainFilesAlone) {
  for (const char* other : {syntax::kDeflated, syntax::kBigEndian, syntax::kRle}) {
    const auto bytes = Write({.syntax = other});
    EXPECT_FALSE(OutlineOf(bytes, bytes.size())) << other;
  }
  const auto bare = Write({.has_meta_header = false});
  EXPECT_FALSE(OutlineOf(bare, bare.size()));
}

TEST_F(DicomOutlines, OfEveryPieceOfAFileAreWithinIt) {
  const auto bytes = Write({});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(OutlineOf(std::span(bytes).first(length), length)) << length;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto damaged = bytes;
    damaged[at] ^= 0xffU;
    const auto outline = OutlineOf(damaged, damaged.size());
    EXPECT_LE(outline ? outline->pixels.end : 0, damaged.size()) << at;
  }
}

TEST_F(DicomOutlines, PassOverSequencesThatNobodyAsksFor) {
  const auto header = [&](const DicomCoding& coding) {
    Write(coding);
    return ReadDicomHeader(path_).value();
  };
  DicomCoding full;
  full.texts = {{0x00080005, "ISO_IR 100"}, {0x00101010, "041Y"}, {0x00180050, "5"},
                {0x00321060, "HEAD"},       {0x00400254, "HEAD"}, {0x00200012, "7"}};
  const DicomHeader read = header(full);
  EXPECT_EQ(read.problem.code, "");
  ASSERT_TRUE(read.pixels);
  EXPECT_EQ(read.frames[0].marks[static_cast<std::size_t>(Mark::kAcquisitionNumber)], 7);
  EXPECT_EQ(read.modality, header({}).modality);
}

TEST_F(DicomOutlines, PixelsOfAFileThatChangedAreRefused) {
  const auto bytes = Write({});
  const NativePixels pixels = ReadDicomHeader(path_).value().pixels.value();
  std::vector<std::uint16_t> words;
  EXPECT_EQ(ValueOf(ReadNativePixels(path_, pixels, Bits::kStored, words)).values.size(), 30U);
  Overwrite({bytes.begin(), bytes.end() - 1});
  EXPECT_EQ(CodeOf(ReadNativePixels(path_, pixels, Bits::kStored, words)), "UNREADABLE");
  std::filesystem::remove(path_);
  EXPECT_EQ(CodeOf(ReadNativePixels(path_, pixels, Bits::kStored, words)), "UNREADABLE");
}

}  // namespace
}  // namespace gvsl::data_loader
