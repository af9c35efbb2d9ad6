#include "common/fault_file_system.h"

#include <gtest/gtest.h>

#include <string>

namespace gvsl {
namespace {

void Write(FileSystem& files, const std::string& path, std::string_view bytes, bool sync) {
  auto file = files.Create(path);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->Append(bytes).ok());
  if (sync) {
    ASSERT_TRUE((*file)->Sync().ok());
  }
}

TEST(FaultFileSystem, ForgetsAFileWhoseDirectoryWasNotSynced) {
  FaultFileSystem files;
  Write(files, "/a", "x", true);
  files.LosePower();
  EXPECT_FALSE(files.Exists("/a"));
}

TEST(FaultFileSystem, ForgetsContentThatWasNotSynced) {
  FaultFileSystem files;
  Write(files, "/a", "x", false);
  ASSERT_TRUE(files.SyncDirectory("/").ok());
  files.LosePower();
  EXPECT_EQ(ReadFile(files, "/a").value(), "");
}

TEST(FaultFileSystem, KeepsWhatWasMadeDurable) {
  FaultFileSystem files;
  ASSERT_TRUE(WriteFileDurably(files, "/a", "x").ok());
  files.LosePower();
  EXPECT_EQ(ReadFile(files, "/a").value(), "x");
}

TEST(FaultFileSystem, UndoesARenameThatWasNotSynced) {
  FaultFileSystem files;
  ASSERT_TRUE(WriteFileDurably(files, "/a", "old").ok());
  Write(files, "/b", "new", true);
  ASSERT_TRUE(files.SyncDirectory("/").ok());
  ASSERT_TRUE(files.Rename("/b", "/a").ok());
  files.LosePower();
  EXPECT_EQ(ReadFile(files, "/a").value(), "old");
  EXPECT_EQ(ReadFile(files, "/b").value(), "new");
}

TEST(FaultFileSystem, KeepsADirectoryThatWasRenamedAndSynced) {
  FaultFileSystem files;
  ASSERT_TRUE(files.CreateDirectories("/tmp-1").ok());
  Write(files, "/tmp-1/f", "x", true);
  ASSERT_TRUE(files.SyncDirectory("/tmp-1").ok());
  ASSERT_TRUE(files.SyncDirectory("/").ok());
  ASSERT_TRUE(files.Rename("/tmp-1", "/done").ok());
  ASSERT_TRUE(files.SyncDirectory("/").ok());
  files.LosePower();
  EXPECT_EQ(ReadFile(files, "/done/f").value(), "x");
  EXPECT_FALSE(files.Exists("/tmp-1"));
}

TEST(FaultFileSystem, KeepsADirectoryThatWasMovedElsewhereAndSynced) {
  FaultFileSystem files;
  ASSERT_TRUE(CreateDirectoriesDurably(files, "/work/set").ok());
  Write(files, "/work/set/f", "x", true);
  ASSERT_TRUE(files.SyncDirectory("/work/set").ok());
  ASSERT_TRUE(files.Rename("/work/set", "/done").ok());
  ASSERT_TRUE(files.SyncDirectory("/").ok());
  files.LosePower();
  EXPECT_EQ(ReadFile(files, "/done/f").value(), "x");
}

TEST(FaultFileSystem, LosesFilesOfARenamedDirectoryWhoseNamesWereNotSynced) {
  FaultFileSystem files;
  ASSERT_TRUE(files.CreateDirectories("/tmp-1").ok());
  Write(files, "/tmp-1/f", "x", true);
  ASSERT_TRUE(files.Rename("/tmp-1", "/done").ok());
  ASSERT_TRUE(files.SyncDirectory("/").ok());
  files.LosePower();
  EXPECT_TRUE(files.IsDirectory("/done"));
  EXPECT_FALSE(files.Exists("/done/f"));
}

TEST(FaultFileSystem, FailsEveryChangeAfterTheProcessDied) {
  FaultFileSystem files;
  files.DieAfter(1);
  ASSERT_TRUE(files.CreateDirectories("/d").ok());
  EXPECT_EQ(files.CreateDirectories("/e").code(), StatusCode::kUnavailable);
  files.LosePower();
  EXPECT_TRUE(files.CreateDirectories("/e").ok());
}

TEST(FaultFileSystem, RunsOutOfSpace) {
  FaultFileSystem files;
  files.SetCapacity(3);
  auto file = files.Create("/a");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->Append("ab").ok());
  EXPECT_EQ((*file)->Append("cd").code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(files.FileSize("/a").value(), 3U);
}

}  // namespace
}  // namespace gvsl
