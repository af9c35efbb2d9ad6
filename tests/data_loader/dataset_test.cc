#include "data_loader/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/fault_file_system.h"
#include "data_loader/dataset_writer.h"
#include "tests/support/tiny_dataset.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::BlobVolume;
using ::gvsl::testing::WriteTinyDataset;
using ::testing::HasSubstr;

constexpr std::array<std::int64_t, 3> kSize = {5, 6, 7};

// Adds the volumes in the order of `numbers` and publishes.
DatasetManifest WriteInOrder(FileSystem& files, const std::string& directory,
                             const std::vector<std::uint32_t>& numbers) {
  auto writer = DatasetWriter::Create(files, directory);
  EXPECT_TRUE(writer.ok()) << writer.status();
  for (std::uint32_t number : numbers) {
    EXPECT_TRUE((*writer)->Add(BlobVolume(number, kSize)).ok());
  }
  auto layout = (*writer)->Arrange(2);
  EXPECT_TRUE((*writer)->Publish(layout->manifest, {}).ok());
  return layout->manifest;
}

std::string FlipByte(FileSystem& files, const std::string& path, std::size_t position) {
  std::string bytes = *ReadFile(files, path);
  bytes[position] = static_cast<char>(bytes[position] ^ 0x10);
  EXPECT_TRUE(WriteFileDurably(files, path, bytes).ok());
  return bytes;
}

TEST(Dataset, GivesBackTheVoxelsAndLabelsThatWereWritten) {
  FaultFileSystem files;
  const auto manifest = WriteTinyDataset(files, "/set", 5, kSize, 2);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  auto dataset = Dataset::Open(files, "/set");
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->manifest().shards.size(), 3U);
  std::vector<std::vector<float>> found;
  for (std::uint32_t index = 0; index < 5; ++index) {
    auto view = (*dataset)->Volume(index);
    ASSERT_TRUE(view.ok()) << view.status();
    EXPECT_EQ(view->size, kSize);
    ASSERT_TRUE(view->labels.has_value());
    found.emplace_back(view->voxels.begin(), view->voxels.end());
  }
  for (std::uint32_t number = 0; number < 5; ++number) {
    EXPECT_EQ(std::count(found.begin(), found.end(), BlobVolume(number, kSize).voxels), 1);
  }
}

TEST(Dataset, DoesNotDependOnTheOrderOfAdding) {
  FaultFileSystem files;
  const DatasetManifest one = WriteInOrder(files, "/one", {0, 1, 2, 3, 4});
  const DatasetManifest other = WriteInOrder(files, "/other", {3, 0, 4, 2, 1});
  EXPECT_EQ(one.sha256, other.sha256);
  for (const ShardEntry& shard : one.shards) {
    EXPECT_EQ(*ReadFile(files, "/one/" + shard.file), *ReadFile(files, "/other/" + shard.file));
  }
  EXPECT_EQ(*ReadFile(files, "/one/manifest.json"), *ReadFile(files, "/other/manifest.json"));
}

TEST(Dataset, HashCoversLabelsSubjectsAndTheCutIntoShardsButNoSource) {
  const auto hash = [](auto change, std::uint32_t per_shard) {
    FaultFileSystem files;
    auto writer = *DatasetWriter::Create(files, "/set");
    for (std::uint32_t number = 0; number < 4; ++number) {
      NewVolume volume = BlobVolume(number, kSize);
      if (number == 2) change(volume);
      EXPECT_TRUE(writer->Add(volume).ok());
    }
    return writer->Arrange(per_shard)->manifest.sha256;
  };
  const std::string plain = hash([](NewVolume&) {}, 2);
  EXPECT_EQ(plain, hash([](NewVolume& volume) { volume.source = "other key"; }, 2));
  EXPECT_NE(plain, hash([](NewVolume& volume) { (*volume.labels)[0] = 9; }, 2));
  EXPECT_NE(plain, hash([](NewVolume& volume) { volume.voxels[0] = 9; }, 2));
  EXPECT_NE(plain, hash([](NewVolume& volume) { volume.grid.spacing[1] = 2; }, 2));
  EXPECT_NE(plain, hash([](NewVolume& volume) { volume.class_index = 1; }, 2));
  EXPECT_NE(plain, hash([](NewVolume& volume) { volume.subject_key = "subject 1"; }, 2));
  EXPECT_NE(plain, hash([](NewVolume&) {}, 3));
}

TEST(Dataset, CountsTheVoxelsOfEachLabelOutsideItsHash) {
  FaultFileSystem files;
  DatasetManifest manifest = *WriteTinyDataset(files, "/set", 2, kSize, 2);
  const VolumeEntry volume = ReadManifest(files, "/set")->volumes[0];
  std::uint64_t voxels = 0;
  for (const auto& [value, count] : volume.label_voxels) voxels += count;
  EXPECT_EQ(voxels, 5u * 6 * 7);
  EXPECT_EQ(volume.label_voxels.count(0), 1u);
  EXPECT_EQ(volume.label_voxels, manifest.volumes[0].label_voxels);

  ++manifest.volumes[0].label_voxels[1];
  EXPECT_EQ(DatasetSha256(manifest), manifest.sha256);
  EXPECT_EQ(ParseManifest(ToJson(manifest)).status().code(), StatusCode::kDataLoss);
  manifest.volumes[0].label_voxels.clear();  // as an earlier version wrote it
  EXPECT_TRUE(ParseManifest(ToJson(manifest)).ok());
}

TEST(Dataset, EqualContentIsOneSubjectAndGetsANumberedId) {
  FaultFileSystem files;
  auto writer = *DatasetWriter::Create(files, "/set");
  NewVolume copy = BlobVolume(1, kSize);
  copy.subject_key = "somebody else";
  for (const NewVolume& volume : {BlobVolume(0, kSize), BlobVolume(1, kSize), copy}) {
    ASSERT_TRUE(writer->Add(volume).ok());
  }
  const DatasetManifest manifest = writer->Arrange(8)->manifest;
  std::vector<std::string> ids;
  std::vector<std::uint32_t> subjects;
  for (const VolumeEntry& volume : manifest.volumes) {
    ids.push_back(volume.id);
    subjects.push_back(volume.subject);
  }
  const std::string twin = ids[1].size() > 16 ? ids[1] : ids[2];
  EXPECT_EQ(twin.substr(16), "-2");
  EXPECT_EQ(std::count(ids.begin(), ids.end(), twin.substr(0, 16)), 1);
  EXPECT_EQ(*std::max_element(subjects.begin(), subjects.end()), 1U);
  EXPECT_EQ(subjects[0], 0U);
}

TEST(Dataset, ADamagedShardIsNamedWhenItIsFirstTouched) {
  FaultFileSystem files;
  ASSERT_TRUE(WriteTinyDataset(files, "/set", 4, kSize, 2).ok());
  FlipByte(files, "/set/shard-00001.safetensors", 900);
  auto dataset = Dataset::Open(files, "/set");
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_TRUE((*dataset)->Volume(0).ok());
  const Status status = (*dataset)->Volume(2).status();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("shard-00001.safetensors"));
}

TEST(Dataset, AnyChangedByteOfTheManifestIsNoticed) {
  FaultFileSystem files;
  ASSERT_TRUE(WriteTinyDataset(files, "/set", 2, kSize, 2).ok());
  const std::string text = *ReadFile(files, "/set/manifest.json");
  for (std::size_t position = 0; position < text.size(); position += 7) {
    if (text[position] == ' ' || text[position] == '\n') continue;
    std::string damaged = text;
    damaged[position] = static_cast<char>(damaged[position] ^ 1);
    EXPECT_FALSE(ParseManifest(damaged).ok()) << "byte " << position;
  }
  EXPECT_FALSE(ParseManifest(text.substr(0, text.size() / 2)).ok());
  EXPECT_TRUE(ParseManifest(text).ok());
}

TEST(Dataset, ThatIsNotThereIsNotFound) {
  FaultFileSystem files;
  EXPECT_EQ(Dataset::Open(files, "/none").status().code(), StatusCode::kNotFound);
}

TEST(Dataset, IsNeverWrittenOverAnother) {
  FaultFileSystem files;
  ASSERT_TRUE(WriteTinyDataset(files, "/set", 2, kSize, 2).ok());
  EXPECT_EQ(DatasetWriter::Create(files, "/set").status().code(), StatusCode::kAlreadyExists);
}

TEST(Dataset, IsCompleteOrAbsentWhereverThePowerFails) {
  FaultFileSystem whole;
  ASSERT_TRUE(WriteTinyDataset(whole, "/data/set", 3, kSize, 2).ok());
  const std::uint64_t operations = whole.operations();
  for (std::uint64_t death = 0; death <= operations; ++death) {
    FaultFileSystem files;
    ASSERT_TRUE(files.CreateDirectories("/data").ok());
    ASSERT_TRUE(files.SyncDirectory("/").ok());
    files.DieAfter(death);
    const bool published = WriteTinyDataset(files, "/data/set", 3, kSize, 2).ok();
    files.LosePower();
    if (!files.Exists("/data/set/manifest.json")) {
      EXPECT_FALSE(published) << "after " << death << " operations";
      continue;
    }
    auto dataset = Dataset::Open(files, "/data/set");
    ASSERT_TRUE(dataset.ok()) << dataset.status();
    for (std::uint32_t index = 0; index < 3; ++index) {
      EXPECT_TRUE((*dataset)->Volume(index).ok()) << "after " << death << " operations";
    }
  }
}

TEST(Dataset, AFullDiskLeavesNothingBehind) {
  FaultFileSystem files;
  files.SetCapacity(1500);
  const auto manifest = WriteTinyDataset(files, "/set", 3, kSize, 2);
  EXPECT_EQ(manifest.status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(files.List("/")->empty());
}

TEST(Dataset, LargestSizeIsByAxis) {
  DatasetManifest manifest;
  manifest.volumes.resize(2);
  manifest.volumes[0].grid.size = {5, 9, 2};
  manifest.volumes[1].grid.size = {6, 1, 3};
  EXPECT_EQ(manifest.LargestSize(), (std::array<std::int64_t, 3>{6, 9, 3}));
}

}  // namespace
}  // namespace gvsl::data_loader
