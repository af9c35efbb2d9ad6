#include "cli/core/aside_file.h"

#include <gtest/gtest.h>

#include "common/fault_file_system.h"

namespace gvsl::cli {
namespace {

class AsideFileTest : public testing::Test {
 protected:
  AsideFileTest() { EXPECT_TRUE(files_.CreateDirectories("/out").ok()); }

  std::vector<std::string> Names() { return files_.List("/out").value(); }

  FaultFileSystem files_;
};

TEST_F(AsideFileTest, AppearsOnlyWhenPublishedAndSurvivesPowerLoss) {
  ASSERT_TRUE(files_.SyncDirectory("/").ok());
  auto file = AsideFile::Create(files_, "/out/w.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->Append("weights").ok());
  EXPECT_FALSE(files_.Exists("/out/w.safetensors"));
  EXPECT_EQ(file->Publish(Sha256Hex("weights")).value(), 7u);
  files_.LosePower();
  EXPECT_EQ(Names(), std::vector<std::string>{"w.safetensors"});
  EXPECT_EQ(ReadFile(files_, "/out/w.safetensors").value(), "weights");
}

TEST_F(AsideFileTest, IsNotPublishedWhenTheHashIsAnother) {
  ASSERT_TRUE(WriteFileDurably(files_, "/out/w.safetensors", "old").ok());
  {
    auto file = AsideFile::Create(files_, "/out/w.safetensors");
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE(file->Append("weights").ok());
    EXPECT_EQ(file->Publish(Sha256Hex("others")).status().code(), StatusCode::kDataLoss);
  }
  EXPECT_EQ(Names(), std::vector<std::string>{"w.safetensors"});
  EXPECT_EQ(ReadFile(files_, "/out/w.safetensors").value(), "old");
}

TEST_F(AsideFileTest, AFullDiskLeavesNothing) {
  files_.SetCapacity(10);
  {
    auto file = AsideFile::Create(files_, "/out/w.safetensors");
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(file->Append("more than ten bytes").code(), StatusCode::kResourceExhausted);
  }
  EXPECT_TRUE(Names().empty());
}

TEST_F(AsideFileTest, IsReadInsteadOfPublished) {
  {
    auto file = AsideFile::Create(files_, "/out/w.safetensors");
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE(file->Append("weights").ok());
    const auto mapped = file->Map(Sha256Hex("weights"));
    ASSERT_TRUE(mapped.ok()) << mapped.status();
    EXPECT_EQ((*mapped)->bytes(), "weights");
  }
  EXPECT_TRUE(Names().empty());
}

TEST_F(AsideFileTest, IsNotReadWhenTheHashIsAnother) {
  auto file = AsideFile::Create(files_, "/out/w.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->Append("weights").ok());
  EXPECT_EQ(file->Map(Sha256Hex("others")).status().code(), StatusCode::kDataLoss);
}

TEST_F(AsideFileTest, ADirectoryIsNotReplaced) {
  EXPECT_EQ(AsideFile::Create(files_, "/out").status().code(), StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace gvsl::cli
