// Real volumes that do not belong to the repository. Tests that need them are reported as skipped
// where they are not there.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace gvsl::testing {

// The folder named by GVSL_TEST_DATA, or shared/data beside the repository; GVSL_SOURCE_DIR is the
// repository's root.
inline std::string TestData(const std::string& name) {
  const char* folder = std::getenv("GVSL_TEST_DATA");
  const std::filesystem::path root =
      folder != nullptr ? folder : std::filesystem::path(GVSL_SOURCE_DIR) / "../shared/data";
  return (root / name).lexically_normal().string();
}

}  // namespace gvsl::testing

#define GVSL_NEEDS_TEST_DATA(name)                                                       \
  if (!std::filesystem::exists(::gvsl::testing::TestData(name))) {                       \
    GTEST_SKIP() << ::gvsl::testing::TestData(name) << " is not there (GVSL_TEST_DATA)"; \
  }
