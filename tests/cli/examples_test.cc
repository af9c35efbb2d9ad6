#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/spec/job_yaml.h"

namespace gvsl::cli {
namespace {

TEST(Examples, EveryJobFileIsValidAndNamesWhatIsRequired) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GVSL_EXAMPLES)) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    std::ifstream file(entry.path());
    const std::string yaml{std::istreambuf_iterator<char>(file), {}};
    const auto spec = ParseJobYaml(yaml, entry.path());
    ASSERT_TRUE(spec.ok()) << spec.status();
    EXPECT_TRUE(spec->has_task()) << entry.path();
    EXPECT_TRUE(spec->has_method()) << entry.path();
    EXPECT_TRUE(spec->has_dataset()) << entry.path();
    EXPECT_TRUE(spec->has_steps()) << entry.path();
    EXPECT_TRUE(spec->checkpoint().has_directory()) << entry.path();
    EXPECT_EQ(spec->name(), entry.path().stem()) << "the example is found by its job's name";
  }
  EXPECT_GE(count, 6);
}

}  // namespace
}  // namespace gvsl::cli
