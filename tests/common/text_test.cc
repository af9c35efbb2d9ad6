#include "common/text.h"

#include <gtest/gtest.h>

namespace gvsl {
namespace {

TEST(Text, FindsTheNearestWord) {
  const std::vector<std::string> known = {"workers.min", "workers.max", "steps"};
  EXPECT_EQ(NearestWord("workers.maxx", known), "workers.max");
  EXPECT_EQ(NearestWord("step", known), "steps");
  EXPECT_EQ(NearestWord("step", {}), "");
}

TEST(Text, WritesBytesAsLowerCaseHexadecimal) {
  EXPECT_EQ(HexEncode(std::string_view("\x00\xff\x1a", 3)), "00ff1a");
}

TEST(Text, JoinsWithASeparator) {
  EXPECT_EQ(Join({"a", "b"}, ", "), "a, b");
  EXPECT_EQ(Join({}, ", "), "");
}

}  // namespace
}  // namespace gvsl
