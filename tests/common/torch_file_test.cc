#include "common/torch_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/pickle.h"

namespace gvsl {
namespace {

using testing::HasSubstr;

const std::vector<float> kValues = {1, -2, 0.5F, 3, 4, 5};

std::string Archive() {
  const std::vector<double> doubles = {0.1};
  std::string archive;
  const Status status = WriteTorchFile(
      {{"unet.w", FloatTensorView(kValues, {2, 3})},
       {"b", FloatTensorView({}, {0})},
       {"d", {DType::kF64, {}, {reinterpret_cast<const char*>(doubles.data()), sizeof(double)}}}},
      [&archive](std::string_view piece) {
        archive += piece;
        return OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  return archive;
}

Status Refused(std::string_view archive) { return TorchFile::Parse(archive).status(); }

TEST(TorchFile, BringsTensorsBack) {
  const std::string archive = Archive();
  const auto file = TorchFile::Parse(archive);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->tensors().size(), 3U);
  const TensorView& w = file->tensors().at("unet.w");
  EXPECT_EQ(w.dtype, DType::kF32);
  EXPECT_EQ(w.shape, (std::vector<std::int64_t>{2, 3}));
  const auto floats = w.As<float>();
  EXPECT_EQ(std::vector<float>(floats.begin(), floats.end()), kValues);
  EXPECT_EQ(file->tensors().at("b").ElementCount(), 0);
  EXPECT_EQ(file->tensors().at("d").As<double>()[0], 0.1);
}

TEST(TorchFile, WritingEndsWithTheFirstError) {
  int pieces = 0;
  const auto full = [&pieces](std::string_view) {
    return ++pieces < 3 ? OkStatus() : ResourceExhaustedError("the disk is full");
  };
  EXPECT_EQ(WriteTorchFile({{"w", FloatTensorView(kValues, {6})}}, full).code(),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(pieces, 3);
}

TEST(TorchFile, EqualTensorsGiveEqualBytes) { EXPECT_EQ(Archive(), Archive()); }

TEST(TorchFile, WhatIsNoneIsRefusedByName) {
  EXPECT_THAT(Refused("").ToString(), HasSubstr("torch.save"));
  EXPECT_THAT(Refused("{}").ToString(), HasSubstr("torch.save"));
  EXPECT_THAT(
      WriteTorchFile({{"n", {DType::kI64, {0}, {}}}}, [](auto) { return OkStatus(); }).ToString(),
      HasSubstr("tensor n is I64"));
}

TEST(TorchFile, CutOrDamagedArchivesAreRefusedOrGiveTensors) {
  const std::string whole = Archive();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    EXPECT_FALSE(TorchFile::Parse(whole.substr(0, size)).ok()) << size;
  }
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = whole;
    for (int k = 0; k < 3; ++k) damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto file = TorchFile::Parse(damaged);
    if (!file.ok()) continue;
    for (const auto& [name, view] : file->tensors()) {
      EXPECT_EQ(view.bytes.size(),
                static_cast<std::size_t>(view.ElementCount()) * DTypeSize(view.dtype));
    }
  }
}

TEST(TorchFile, ADamagedNumberIsDataLoss) {
  std::string archive = Archive();
  const std::string_view number(reinterpret_cast<const char*>(&kValues[3]), sizeof(float));
  const std::size_t at = archive.find(number);
  ASSERT_NE(at, std::string::npos);
  archive[at] = static_cast<char>(archive[at] ^ 1);
  EXPECT_EQ(Refused(archive).code(), StatusCode::kDataLoss);
  EXPECT_THAT(Refused(archive).ToString(), HasSubstr("data/0 is damaged"));
}

TEST(TorchFile, TheFormatBeforeItWasAnArchiveIsNamed) {
  EXPECT_THAT(Refused("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20").ToString(),
              HasSubstr("PyTorch 1.6"));
}

TEST(Pickle, ACallThatIsRepeatedWithoutEndIsRefused) {
  std::string stream = "(" + std::string(100'000, 'N') + "tq\x02" + "0cos\nx\nq\x01" + "0";
  for (int k = 0; k < 10'000; ++k) stream += "h\x01h\x02R0";
  EXPECT_THAT(ReadPickle(stream + "N.").status().ToString(), HasSubstr("repeats itself"));
}

TEST(Pickle, CallsNothing) {
  const auto pickle = ReadPickle(
      "\x80\x02"
      "cos\nsystem\n"
      "X\x02\0\0\0"
      "ls"
      "\x85R.");
  // The text above ends at its first zero: given with its length it is a call that stays one.
  EXPECT_FALSE(pickle.ok());
  const std::string stream = std::string("\x80\x02") + "cos\nsystem\n" + "X" +
                             std::string("\x02\0\0\0", 4) + "ls" + "\x85R.";
  const auto call = ReadPickle(stream);
  ASSERT_TRUE(call.ok()) << call.status();
  ASSERT_NE(call->root->As<PickleCall>(), nullptr);
  EXPECT_EQ(call->root->As<PickleCall>()->function, "os.system");
}

TEST(Pickle, AnInstructionOfOtherPicklesIsNamed) {
  EXPECT_THAT(ReadPickle("\x80\x02"
                         "iposix\nsystem\n.")
                  .status()
                  .ToString(),
              HasSubstr("no state-dict needs"));
}

TEST(Pickle, DepthDoesNotMatter) {
  std::string deep = ")";
  for (int k = 0; k < 1'000'000; ++k) deep += '\x85';
  EXPECT_TRUE(ReadPickle(deep + ".").ok());
}

TEST(Pickle, AContainerMayHoldItself) {
  EXPECT_TRUE(ReadPickle("]q\x01h\x01"
                         "a.")
                  .ok());
}

TEST(Pickle, NumbersOfEveryKind) {
  const auto number = [](const std::string& stream) {
    const auto pickle = ReadPickle(stream + ".");
    return pickle.ok() ? *pickle->root->As<std::int64_t>() : -999;
  };
  EXPECT_EQ(number("K\x07"), 7);
  EXPECT_EQ(number("M\x01\x02"), 513);
  EXPECT_EQ(number(std::string("J\xff\xff\xff\xff")), -1);
  EXPECT_EQ(number("\x8a\x01\xff"), -1);
  EXPECT_EQ(number(std::string("\x8a\x00", 2)), 0);
  EXPECT_EQ(number(std::string("\x8b\x02\0\0\0\x01\x02", 7)), 513);
}

TEST(Pickle, ANumberBeyond64BitsIsOpaque) {
  const std::string wide = "\x8a\x09" + std::string(8, '\0') + "\x01";
  const std::string wider = std::string("\x8b\x2c\x01\0\0", 5) + std::string(300, '\x01');
  for (const std::string& number : {wide, wider}) {
    const auto pickle = ReadPickle(number + ".");
    ASSERT_TRUE(pickle.ok()) << pickle.status();
    EXPECT_NE(pickle->root->As<PickleOpaque>(), nullptr);
    EXPECT_EQ(ReadPickle(number.substr(0, number.size() - 1)).status().code(),
              StatusCode::kDataLoss);
  }
  EXPECT_EQ(ReadPickle("\x8b\xff\xff\xff\xff.").status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace gvsl
