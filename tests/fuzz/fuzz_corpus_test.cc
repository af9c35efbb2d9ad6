// What fuzzing found, once and for all, and what it begins with: no crash, no hang, little memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <map>
#include <ostream>
#include <string>
#include <utility>

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

#if defined(__SANITIZE_ADDRESS__)
// Its allocator tells of every allocation, though it may never be touched.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*allocated)(const volatile void* memory, std::size_t bytes),
    void (*freed)(const volatile void* memory));

std::size_t largest_allocation = 0;

void KeepLargest(const volatile void* /*memory*/, std::size_t bytes) {
  largest_allocation = std::max(largest_allocation, bytes);
}
void Ignore(const volatile void* /*memory*/) {}

std::int64_t LargestAllocationInMegabytes() {
  [[maybe_unused]] static const int installed =
      __sanitizer_install_malloc_and_free_hooks(KeepLargest, Ignore);
  return static_cast<std::int64_t>(std::exchange(largest_allocation, 0) >> 20U);
}
#else
std::int64_t LargestAllocationInMegabytes() { return 0; }
#endif

class FuzzCorpus : public ::testing::TestWithParam<Target> {};

void Replay(const Target& target, const std::string& name, const std::string& bytes) {
  SCOPED_TRACE(name);
  const testing::PeakMemory memory;
  (void)LargestAllocationInMegabytes();  // of what went before
  const std::clock_t begin = std::clock();
  EXPECT_EQ(target.run(BytesOf(bytes)), 0);
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, kMostSeconds);
  EXPECT_LT(memory.GrowthInMegabytes(), kMostMegabytes);
  EXPECT_LT(LargestAllocationInMegabytes(), kMostMegabytes);
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
