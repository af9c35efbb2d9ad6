// One contract, run on the machine's disk and on the disk of the fault tests.
#include "common/file_system.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

#include "common/fault_file_system.h"

namespace gvsl {
namespace {

struct PosixDisk {
  PosixDisk() {
    std::string pattern = std::filesystem::temp_directory_path() / "gvsl-files-XXXXXX";
    root = ::mkdtemp(pattern.data());
  }
  ~PosixDisk() { std::filesystem::remove_all(root); }
  FileSystem& files() { return PosixFileSystem(); }
  std::string root;
};

struct FaultDisk {
  FileSystem& files() { return fault; }
  FaultFileSystem fault;
  std::string root = "/";
};

template <typename Disk>
class FileSystemContract : public testing::Test {
 protected:
  FileSystem& files() { return disk_.files(); }
  std::string Path(const std::string& name) { return JoinPath(disk_.root, name); }
  Disk disk_;
};

using Disks = testing::Types<PosixDisk, FaultDisk>;
TYPED_TEST_SUITE(FileSystemContract, Disks);

TYPED_TEST(FileSystemContract, ReadsBackWhatWasWritten) {
  ASSERT_TRUE(WriteFileDurably(this->files(), this->Path("a"), "hello").ok());
  EXPECT_EQ(ReadFile(this->files(), this->Path("a")).value(), "hello");
  EXPECT_EQ(this->files().FileSize(this->Path("a")).value(), 5U);
}

TYPED_TEST(FileSystemContract, ReplacesAFileAndLeavesNothingAside) {
  ASSERT_TRUE(WriteFileDurably(this->files(), this->Path("a"), "old").ok());
  ASSERT_TRUE(WriteFileDurably(this->files(), this->Path("a"), "new").ok());
  EXPECT_EQ(ReadFile(this->files(), this->Path("a")).value(), "new");
  EXPECT_EQ(this->files().List(this->Path("")).value(), std::vector<std::string>{"a"});
}

TYPED_TEST(FileSystemContract, AppendsBehindWhatIsThere) {
  for (const std::string_view part : {"one", "two"}) {
    auto file = this->files().OpenForAppend(this->Path("log"));
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->Append(part).ok());
    ASSERT_TRUE((*file)->Close().ok());
  }
  EXPECT_EQ(ReadFile(this->files(), this->Path("log")).value(), "onetwo");
}

TYPED_TEST(FileSystemContract, SaysNotFoundForWhatIsNotThere) {
  EXPECT_EQ(ReadFile(this->files(), this->Path("none")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(this->files().List(this->Path("none")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(this->files().RemoveFile(this->Path("none")).code(), StatusCode::kNotFound);
  EXPECT_TRUE(this->files().RemoveTree(this->Path("none")).ok());
}

TYPED_TEST(FileSystemContract, DoesNotReplaceADirectoryThatIsNotEmpty) {
  ASSERT_TRUE(this->files().CreateDirectories(this->Path("x/deep")).ok());
  ASSERT_TRUE(WriteFileDurably(this->files(), this->Path("x/deep/f"), "1").ok());
  ASSERT_TRUE(this->files().CreateDirectories(this->Path("y")).ok());
  ASSERT_TRUE(WriteFileDurably(this->files(), this->Path("y/f"), "2").ok());
  EXPECT_EQ(this->files().Rename(this->Path("x"), this->Path("y")).code(),
            StatusCode::kAlreadyExists);
  ASSERT_TRUE(this->files().Rename(this->Path("x"), this->Path("z")).ok());
  EXPECT_EQ(ReadFile(this->files(), this->Path("z/deep/f")).value(), "1");
  EXPECT_FALSE(this->files().Exists(this->Path("x")));
}

TYPED_TEST(FileSystemContract, ListsNamesInOrder) {
  for (const std::string name : {"c", "a", "b"}) {
    ASSERT_TRUE(WriteFileDurably(this->files(), this->Path(name), name).ok());
  }
  EXPECT_EQ(this->files().List(this->Path("")).value(), (std::vector<std::string>{"a", "b", "c"}));
}

TYPED_TEST(FileSystemContract, RemovesATree) {
  ASSERT_TRUE(this->files().CreateDirectories(this->Path("x/deep")).ok());
  ASSERT_TRUE(WriteFileDurably(this->files(), this->Path("x/deep/f"), "1").ok());
  ASSERT_TRUE(this->files().RemoveTree(this->Path("x")).ok());
  EXPECT_FALSE(this->files().Exists(this->Path("x/deep/f")));
  EXPECT_FALSE(this->files().IsDirectory(this->Path("x")));
}

TYPED_TEST(FileSystemContract, AFileLongerThanTheLimitIsDataLoss) {
  ASSERT_TRUE(WriteFileDurably(this->files(), this->Path("a"), "hello").ok());
  EXPECT_EQ(ReadFile(this->files(), this->Path("a"), 5).value(), "hello");
  EXPECT_EQ(ReadFile(this->files(), this->Path("a"), 4).status().code(), StatusCode::kDataLoss);
}

TYPED_TEST(FileSystemContract, ReadsAFileOfManyPiecesInOrder) {
  std::string bytes(3'000'001, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 256);
  ASSERT_TRUE(WriteFileDurably(this->files(), this->Path("a"), bytes).ok());
  EXPECT_TRUE(ReadFile(this->files(), this->Path("a")).value() == bytes);
}

TYPED_TEST(FileSystemContract, AFileIsLockedByManyOrByOne) {
  FileSystem& files = this->files();
  const std::string path = this->Path("a");
  for (const LockMode mode : {LockMode::kShared, LockMode::kEvict}) {
    EXPECT_EQ(files.TryLock(path, mode).status().code(), StatusCode::kNotFound);
  }
  {
    const auto alone = files.TryLock(path, LockMode::kExclusive);
    ASSERT_TRUE(alone.ok()) << alone.status();
    EXPECT_TRUE(files.Exists(path));
    for (const LockMode mode : {LockMode::kShared, LockMode::kExclusive, LockMode::kEvict}) {
      EXPECT_EQ(files.TryLock(path, mode).status().code(), StatusCode::kAborted);
    }
  }
  auto one = files.TryLock(path, LockMode::kShared);
  auto other = files.TryLock(path, LockMode::kShared);
  ASSERT_TRUE(one.ok() && other.ok());
  one->reset();
  EXPECT_EQ(files.TryLock(path, LockMode::kEvict).status().code(), StatusCode::kAborted);
  other->reset();
  EXPECT_TRUE(files.TryLock(path, LockMode::kEvict).ok());
}

TYPED_TEST(FileSystemContract, TellsWhichFileWasUsedLast) {
  FileSystem& files = this->files();
  for (const std::string name : {"a", "b"}) {
    ASSERT_TRUE(WriteFileDurably(files, this->Path(name), name).ok());
  }
  // A disk's clock may tick slowly.
  while (files.UsedAt(this->Path("a")).value() <= files.UsedAt(this->Path("b")).value()) {
    ASSERT_TRUE(files.MarkUsed(this->Path("a")).ok());
  }
  EXPECT_EQ(files.UsedAt(this->Path("c")).status().code(), StatusCode::kNotFound);
}

TYPED_TEST(FileSystemContract, TellsWhatMayStillBeWritten) {
  const auto free = this->files().FreeBytes(this->Path(""));
  ASSERT_TRUE(free.ok()) << free.status();
  EXPECT_GT(*free, 0U);
}

TEST(PosixFileSystem, AnOwnersDirectoryIsTheOwnersAlone) {
  PosixDisk disk;
  const std::string path = JoinPath(disk.root, "mine");
  const auto mode = [&] {
    struct stat info {};
    ::stat(path.c_str(), &info);
    return info.st_mode & 0777;
  };
  ASSERT_TRUE(disk.files().CreateOwnerOnlyDirectory(path).ok());
  EXPECT_EQ(mode(), 0700U);
  std::filesystem::permissions(path, std::filesystem::perms::all);
  ASSERT_TRUE(disk.files().CreateOwnerOnlyDirectory(path).ok());
  EXPECT_EQ(mode(), 0700U);
  const std::string link = JoinPath(disk.root, "link");
  std::filesystem::create_directory_symlink(path, link);
  EXPECT_EQ(disk.files().CreateOwnerOnlyDirectory(link).code(), StatusCode::kFailedPrecondition);
}

TEST(PosixFileSystem, RefusesToReadADirectoryOrAPipe) {
  const PosixDisk disk;
  const std::string pipe = disk.root + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path : {disk.root, pipe}) {
    EXPECT_EQ(PosixFileSystem().Map(path).status().code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReadFile(PosixFileSystem(), path).status().code(), StatusCode::kFailedPrecondition);
  }
}

TEST(FaultFileSystem, DirectoriesThatAreCreatedDurablySurviveAPowerLoss) {
  FaultFileSystem files;
  ASSERT_TRUE(CreateDirectoriesDurably(files, "/a/b/c").ok());
  ASSERT_TRUE(files.CreateDirectories("/d/e").ok());
  files.LosePower();
  EXPECT_TRUE(files.IsDirectory("/a/b/c"));
  EXPECT_FALSE(files.IsDirectory("/d"));
}

TEST(Paths, AreJoinedAndSplit) {
  EXPECT_EQ(JoinPath("/a", "b"), "/a/b");
  EXPECT_EQ(JoinPath("/", "b"), "/b");
  EXPECT_EQ(ParentPath("/a/b"), "/a");
  EXPECT_EQ(ParentPath("/a"), "/");
  EXPECT_EQ(ParentPath("a"), ".");
}

}  // namespace
}  // namespace gvsl
