// What fuzzing found, once and for all, and what it begins with: no crash, no hang, little memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <map>
#include <ostream>
#include <string>

#include "common/file_system.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/seeds.h"
#include "tests/support/peak_memory.h"

namespace gvsl::fuzz {

// For googletest, which would print its bytes.
void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

constexpr double kMostSeconds = 10;
constexpr std::int64_t kMostMegabytes = 1024;

class FuzzCorpus : public ::testing::TestWithParam<Target> {};

void Replay(const Target& target, const std::string& name, const std::string& bytes) {
  SCOPED_TRACE(name);
  const testing::PeakMemory memory;
  const std::clock_t begin = std::clock();
  EXPECT_EQ(target.run(BytesOf(bytes)), 0);
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, kMostSeconds);
  EXPECT_LT(memory.GrowthInMegabytes(), kMostMegabytes);
}

TEST_P(FuzzCorpus, IsReadWithoutCrashHangOrMuchMemory) {
  const std::filesystem::path folder =
      std::filesystem::path(GVSL_FUZZ_CORPUS) / std::string(GetParam().name);
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    const auto bytes = ReadFile(PosixFileSystem(), entry.path().string());
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    Replay(GetParam(), entry.path().filename().string(), *bytes);
  }
}

TEST_P(FuzzCorpus, SeedsAreReadWholeAndWhereverTheyBreakOff) {
  const auto seeds = SeedsOf(GetParam().name);
  ASSERT_FALSE(seeds.empty());
  for (const auto& [name, bytes] : seeds) {
    Replay(GetParam(), name, bytes);
    const std::size_t step = std::max<std::size_t>(bytes.size() / 7, 1);
    for (std::size_t size = 0; size < bytes.size(); size += step) {
      Replay(GetParam(), name, bytes.substr(0, size));
    }
  }
}

TEST(FuzzTargets, EveryFolderOfTheCorpusIsATargets) {
  for (const auto& entry : std::filesystem::directory_iterator(GVSL_FUZZ_CORPUS)) {
    if (!entry.is_directory()) continue;
    const std::string name = entry.path().filename().string();
    const bool is_known =
        std::ranges::any_of(kTargets, [&](const Target& target) { return target.name == name; });
    EXPECT_TRUE(is_known) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzCorpus, ::testing::ValuesIn(kTargets),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace gvsl::fuzz
