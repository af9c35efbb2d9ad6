#include "common/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "common/fault_file_system.h"
#include "common/sha256.h"

namespace gvsl {
namespace {

std::string FileWith(const std::string& header, const std::string& data) {
  const std::uint64_t size = header.size();
  std::string bytes(reinterpret_cast<const char*>(&size), sizeof(size));
  return bytes + header + data;
}

Status ParseError(const std::string& bytes) {
  return SafetensorsFile::Parse(FileInMemory(bytes)).status();
}

TEST(Safetensors, ReadsWhatItWrote) {
  FaultFileSystem files;
  ASSERT_TRUE(files.CreateDirectories("/d").ok());
  const std::vector<float> weights = {1, 2, 3, 4, 5, 6};
  const std::vector<float> scalar = {7};
  const auto written = WriteSafetensors(
      files, "/d/m.safetensors",
      {{"w", FloatTensorView(weights, {2, 3})}, {"b", FloatTensorView(scalar, {})}},
      {{"note", "x"}});
  ASSERT_TRUE(written.ok()) << written.status();
  const auto file = SafetensorsFile::Open(files, "/d/m.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  const auto view = file->Find("w");
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(view->As<float>()[5], 6.0F);
  EXPECT_EQ(file->Find("b")->ElementCount(), 1);
  EXPECT_EQ(file->metadata().at("note"), "x");
  EXPECT_EQ(written->bytes, file->bytes().size());
  EXPECT_EQ(written->sha256, Sha256Hex(file->bytes()));
}

TEST(Safetensors, PutsTheDataAtAMultipleOfEightBytes) {
  FaultFileSystem files;
  const std::vector<float> value = {1};
  for (const std::string name : {"a", "ab", "abc", "abcdefg"}) {
    ASSERT_TRUE(WriteSafetensors(files, "/f", {{name, FloatTensorView(value, {1})}}).ok());
    const auto file = SafetensorsFile::Open(files, "/f");
    EXPECT_EQ((file->Find(name)->bytes.data() - file->bytes().data()) % 8, 0);
  }
}

TEST(Safetensors, NamesTheTensorThatIsMissing) {
  FaultFileSystem files;
  ASSERT_TRUE(WriteSafetensors(files, "/f", {}).ok());
  const auto file = SafetensorsFile::Open(files, "/f");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->Find("unet.inc").status().code(), StatusCode::kNotFound);
}

TEST(Safetensors, RefusesAnEmptyFile) { EXPECT_EQ(ParseError("").code(), StatusCode::kDataLoss); }

TEST(Safetensors, RefusesAHeaderLongerThanTheFile) {
  EXPECT_EQ(ParseError(std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10)).code(),
            StatusCode::kDataLoss);
}

TEST(Safetensors, RefusesAHeaderThatIsNotJson) {
  EXPECT_EQ(ParseError(FileWith("{\"a\":", "")).code(), StatusCode::kDataLoss);
  EXPECT_EQ(ParseError(FileWith("[]", "")).code(), StatusCode::kDataLoss);
}

TEST(Safetensors, RefusesDataOutsideTheFile) {
  const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  EXPECT_TRUE(ParseError(FileWith(header, std::string(8, '\0'))).ok());
  EXPECT_EQ(ParseError(FileWith(header, std::string(4, '\0'))).code(), StatusCode::kDataLoss);
}

TEST(Safetensors, RefusesAShapeThatDoesNotMatchTheData) {
  EXPECT_EQ(ParseError(FileWith(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})",
                                std::string(8, '\0')))
                .code(),
            StatusCode::kDataLoss);
}

TEST(Safetensors, RefusesAShapeWhoseProductOverflows) {
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})";
  EXPECT_EQ(ParseError(FileWith(header, "")).code(), StatusCode::kDataLoss);
}

TEST(Safetensors, RefusesOverlapsGapsAndTrailingBytes) {
  const auto two = [](int begin, int end) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[)" +
           std::to_string(begin) + "," + std::to_string(end) + "]}}";
  };
  EXPECT_TRUE(ParseError(FileWith(two(4, 8), std::string(8, '\0'))).ok());
  EXPECT_EQ(ParseError(FileWith(two(2, 6), std::string(8, '\0'))).code(), StatusCode::kDataLoss);
  EXPECT_EQ(ParseError(FileWith(two(5, 9), std::string(9, '\0'))).code(), StatusCode::kDataLoss);
  EXPECT_EQ(ParseError(FileWith(two(4, 8), std::string(9, '\0'))).code(), StatusCode::kDataLoss);
}

TEST(Safetensors, RefusesNegativeAndFractionalNumbers) {
  EXPECT_EQ(ParseError(FileWith(R"({"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}})",
                                std::string(4, '\0')))
                .code(),
            StatusCode::kDataLoss);
  EXPECT_EQ(ParseError(FileWith(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0.5,4]}})",
                                std::string(4, '\0')))
                .code(),
            StatusCode::kDataLoss);
}

TEST(Safetensors, LeavesNoOkBehindOnAFullDisk) {
  FaultFileSystem files;
  files.SetCapacity(100);
  const std::vector<float> weights(1000);
  EXPECT_EQ(
      WriteSafetensors(files, "/f", {{"w", FloatTensorView(weights, {1000})}}).status().code(),
      StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace gvsl
