// Small files that promise 100 GB, or unpack to gigabytes, are refused by their code with little
// memory: before anything is taken for what they promise.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "common/fault_file_system.h"
#include "common/safetensors.h"
#include "common/text.h"
#include "data_loader/dataset_manifest.h"
#include "data_loader/dicom_series_reader.h"
#include "data_loader/input_files.h"
#include "data_loader/nifti_reader.h"
#include "data_loader/volume_check.h"
#include "tests/support/bomb_maker.h"
#include "tests/support/dicom_encoder.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/enhanced_maker.h"
#include "tests/support/jpeg2000_maker.h"
#include "tests/support/little_memory.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/readings.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tiny_dataset.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::CodeOf;
using ::gvsl::testing::DicomCoding;
using ::gvsl::testing::InLittleMemory;
using ::gvsl::testing::MakeSlices;
using ::gvsl::testing::PackedZeros;
using ::gvsl::testing::Packing;
using ::gvsl::testing::TemporaryDirectory;
namespace syntax = ::gvsl::testing::syntax;

class Bombs : public ::testing::Test {
 protected:
  std::string CodeOfFolder() const {
    return InLittleMemory([&] {
      DicomSeriesReader reader;
      const ScanResult scan = reader.Scan(ListFiles({directory_.path()})->files);
      if (scan.sources.empty()) return Concat("no source; rejected ", scan.rejected.size());
      return CodeOf(ReadVolume(reader, scan.sources[0]));
    });
  }
  // Three slices whose compressed image is of this size, by its own header and by DICOM's.
  std::string CodeOfCompressed(const std::string& name, std::vector<std::uint8_t> codestream,
                               std::size_t rows_at, int bytes_each, std::uint16_t length) {
    for (const std::size_t at : {rows_at, rows_at + static_cast<std::size_t>(bytes_each)}) {
      for (int i = 0; i < bytes_each; ++i) {
        codestream.at(at + i) =
            static_cast<std::uint8_t>((std::uint32_t{length} >> (8 * (bytes_each - 1 - i))) & 0xff);
      }
    }
    int number = 0;
    for (auto slice : MakeSlices(3)) {
      DicomCoding coding{.syntax = name, .codestream = codestream};
      slice.rows = slice.columns = length;
      WriteCodedSlice(slice, coding, directory_ / (std::to_string(++number) + ".dcm"));
    }
    return CodeOfFolder();
  }
  TemporaryDirectory directory_;
};

std::string Element(std::uint16_t element, std::uint32_t length) {
  std::string bytes("\x09\0\0\0OB\0\0\0\0\0\0", 12);
  for (int i = 0; i < 2; ++i) bytes[2 + i] = static_cast<char>(element >> (8 * i));
  for (int i = 0; i < 4; ++i) bytes[8 + i] = static_cast<char>(length >> (8 * i));
  return bytes;
}

TEST_F(Bombs, DeflatedDataThatInflateWithoutEnd) {
  for (const std::uint32_t length : {0xfffffff0U, 1U << 30U, 200U << 20U}) {
    const std::string begin = testing::NestedSequences(0) + Element(0x1001, length);
    testing::WriteDicomBytes(directory_ / "bomb.dcm", PackedZeros(begin, 3008, Packing::kDeflate),
                             true);
    EXPECT_EQ(CodeOfFolder(), "EXCESSIVE_STRUCTURE") << length;
  }
}

const std::vector<std::uint8_t> kJpeg = {0xff, 0xd8, 0xff, 0xc0, 0, 11,   8,    0,   0, 0,
                                         0,    1,    1,    0x11, 0, 0xff, 0xda, 0,   8, 1,
                                         1,    0,    0,    63,   0, 0,    0xff, 0xd9};

TEST_F(Bombs, JpegsOfMorePixelsThanTheirBytesCanHold) {
  for (const std::uint16_t length : {60'000, 13'000, 2'000}) {
    EXPECT_EQ(CodeOfCompressed(syntax::kJpegBaseline, kJpeg, 7, 2, length), "TOO_LARGE") << length;
    EXPECT_EQ(CodeOfCompressed(syntax::kJpegLs, kJpeg, 7, 2, length), "TOO_LARGE") << length;
  }
}

TEST_F(Bombs, Jpeg2000sOfMorePixelsThanTheirBytesCanHold) {
  const auto small = testing::MakeJpeg2000(std::vector<std::int32_t>(64, 0), 8, 8);
  for (const std::uint16_t length : {60'000, 13'000, 2'000}) {
    EXPECT_EQ(CodeOfCompressed(syntax::kJpeg2000, small, 8, 4, length), "TOO_LARGE") << length;
  }
}

TEST_F(Bombs, RunsOfMorePixelsThanTheirBytesCanHold) {
  EXPECT_EQ(CodeOfCompressed(syntax::kRle, std::vector<std::uint8_t>(80), 0, 2, 13'000),
            "TOO_LARGE");
}

TEST_F(Bombs, FramesThatAreNotThere) {
  testing::EnhancedCoding coding;
  coding.frame_count = 100'000'000;
  testing::WriteEnhanced(MakeSlices(3), coding, directory_ / "one.dcm");
  EXPECT_EQ(CodeOfFolder(), "MULTI_FRAME");
}

TEST_F(Bombs, RowsAndColumnsThatAreNotThere) {
  int number = 0;
  for (auto slice : MakeSlices(3)) {
    slice.rows = slice.columns = 65'535;
    ASSERT_TRUE(
        demo::WriteDicomSlice(slice, directory_ / (std::to_string(++number) + ".dcm")).ok());
  }
  EXPECT_EQ(CodeOfFolder(), "TRUNCATED");
}

TEST_F(Bombs, NiftiVoxelsThatAreNotThere) {
  for (const char* name : {"one.nii", "one.nii.gz"}) {
    testing::NiftiKnobs knobs{.size = {32767, 32767, 100}, .values = {1}};
    testing::MakeNifti(directory_ / name, knobs);
    NiftiReader reader;
    const std::string path = directory_ / name;
    EXPECT_EQ(InLittleMemory([&] {
                return CodeOf(ReadVolume(reader, {path, {path}, "one", ""}));
              }),
              "TOO_LARGE");
    EXPECT_EQ(InLittleMemory([&] { return CodeOf(ReadLabelMap(path)); }), "TOO_LARGE");
  }
}

TEST_F(Bombs, NiftiVoxelsBehindGigabytesOfZeros) {
  testing::NiftiKnobs knobs;
  knobs.voxels_offset = 1.5e9;
  testing::MakeNifti(directory_ / "one.nii", knobs);
  const auto begin = ReadFile(PosixFileSystem(), directory_ / "one.nii");
  ASSERT_TRUE(begin.ok()) << begin.status();
  const std::string path = directory_ / "one.nii.gz";
  std::ofstream(path, std::ios::binary) << PackedZeros(*begin, 2048, Packing::kGzip);
  NiftiReader reader;
  const std::string code = InLittleMemory([&] {
    return CodeOf(ReadVolume(reader, {path, {path}, "one", ""}));
  });
  EXPECT_EQ(code.find(' '), std::string::npos) << code;
}

std::string Tensors(const std::string& header, std::uint64_t stated) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(stated >> (8 * i));
  return bytes + header;
}

std::string CodeOfTensors(const std::string& bytes) {
  return InLittleMemory([&] {
    const auto file = SafetensorsFile::Parse(FileInMemory(bytes));
    return file.ok() ? "accepted" : std::string(StatusCodeName(file.status().code()));
  });
}

TEST_F(Bombs, TensorsThatAreNotThere) {
  const std::string header =
      R"({"w":{"dtype":"U8","shape":[100000000000],"data_offsets":[0,100000000000]}})";
  EXPECT_EQ(CodeOfTensors(Tensors(header, header.size())), "DATA_LOSS");
  EXPECT_EQ(CodeOfTensors(Tensors(header, 100'000'000'000)), "DATA_LOSS");
  EXPECT_EQ(CodeOfTensors(Tensors(header, ~std::uint64_t{0})), "DATA_LOSS");
}

TEST_F(Bombs, VolumesOfAManifestThatAreNotThere) {
  FaultFileSystem files;
  auto manifest = testing::WriteTinyDataset(files, "/set", 2, {2, 3, 4}, 2);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  manifest->volumes[1].grid.size = {100, 32767, 32767};
  manifest->sha256 = DatasetSha256(*manifest);
  EXPECT_EQ(InLittleMemory([&] {
              const auto parsed = ParseManifest(ToJson(*manifest));
              return parsed.ok() ? "accepted" : std::string(parsed.status().message());
            }),
            Concat("volume ", manifest->volumes[1].id, ": it has too many voxels"));
}

}  // namespace
}  // namespace gvsl::data_loader
