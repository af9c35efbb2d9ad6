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
  EXPECT_EQ(HexDecode("00ff1a"), std::string("\x00\xff\x1a", 3));
  EXPECT_EQ(HexDecode(""), "");
  for (const char* wrong : {"0", "0g", "FF", "0x", " 1"}) EXPECT_FALSE(HexDecode(wrong)) << wrong;
}

TEST(Text, JoinsWithASeparator) {
  EXPECT_EQ(Join({"a", "b"}, ", "), "a, b");
  EXPECT_EQ(Join({}, ", "), "");
}

TEST(Text, BytesThatAreNotUtf8BecomeQuestionMarks) {
  EXPECT_EQ(CleanUtf8("plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\xA7\xA0"),
            "plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\xA7\xA0");
  EXPECT_EQ(CleanUtf8("\xFF\xC3"), "??");
  EXPECT_EQ(CleanUtf8("\xC0\xAF"), "??") << "overlong";
  EXPECT_EQ(CleanUtf8("\xED\xA0\x80"), "???") << "a surrogate";
  EXPECT_EQ(CleanUtf8("\xF4\x90\x80\x80"), "????") << "beyond U+10FFFF";
  EXPECT_EQ(CleanUtf8("\xE2\x82x"), "??x");
}

TEST(Text, ACutTextEndsWithAWholeCharacter) {
  EXPECT_EQ(CutUtf8("abc", 3), "abc");
  EXPECT_EQ(CutUtf8("abc", 2), "ab");
  EXPECT_EQ(CutUtf8("a\xC3\xA9", 2), "a");
  EXPECT_EQ(CutUtf8("a\xE2\x82\xAC", 3), "a");
  EXPECT_EQ(CutUtf8("", 0), "");
  const std::string no_character(100, '\x80');
  EXPECT_EQ(CutUtf8(no_character, 50).size(), 50u) << "there is no end to wait for";
}

}  // namespace
}  // namespace gvsl
