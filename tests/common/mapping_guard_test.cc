#include "common/mapping_guard.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "common/file_system.h"
#include "tests/support/temporary_directory.h"

namespace gvsl {
namespace {

TEST(MappingGuard, AFileThatIsCutShortReadsAsZerosAndSaysSo) {
  MappingGuard::Install();
  const testing::TemporaryDirectory directory;
  const auto map = [&](const std::string& name) {
    EXPECT_TRUE(
        WriteFileDurably(PosixFileSystem(), directory / name, std::string(100'000, 'x')).ok());
    return *PosixFileSystem().Map(directory / name);
  };
  const auto cut = map("cut");
  const auto whole = map("whole");
  const MappingGuard guard(cut->bytes());
  const MappingGuard other(whole->bytes());
  ASSERT_EQ(::truncate((directory / "cut").c_str(), 0), 0);
  EXPECT_TRUE(guard.intact()) << "nobody has read from it";
  EXPECT_EQ(std::ranges::count(cut->bytes(), '\0'), 100'000);
  EXPECT_FALSE(guard.intact());
  EXPECT_EQ(std::ranges::count(whole->bytes(), 'x'), 100'000);
  EXPECT_TRUE(other.intact());
}

TEST(MappingGuard, ASignalElsewhereEndsTheProcess) {
  MappingGuard::Install();
  const testing::TemporaryDirectory directory;
  ASSERT_TRUE(WriteFileDurably(PosixFileSystem(), directory / "a", std::string(9000, 'x')).ok());
  const auto file = *PosixFileSystem().Map(directory / "a");
  { const MappingGuard guard(file->bytes()); }
  ASSERT_EQ(::truncate((directory / "a").c_str(), 0), 0);
  EXPECT_DEATH(EXPECT_EQ(std::ranges::count(file->bytes(), 'x'), -1), "");
}

}  // namespace
}  // namespace gvsl
