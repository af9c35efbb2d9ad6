#include "common/log.h"

#include <gtest/gtest.h>

namespace gvsl {
namespace {

TEST(Log, WritesFieldsAsKeyAndValue) {
  EXPECT_EQ(FormatLogFields({{"job", "heads"}, {"step", 12}}), "job=heads step=12");
}

TEST(Log, QuotesWhatWouldBreakALine) {
  EXPECT_EQ(FormatLogFields({{"reason", "two words"}}), R"(reason="two words")");
  EXPECT_EQ(FormatLogFields({{"reason", "a\"b\nc"}}), R"(reason="a\"b\nc")");
  EXPECT_EQ(FormatLogFields({{"empty", ""}}), R"(empty="")");
  EXPECT_EQ(FormatLogFields({{"reason", "a\r\x1b[2J"}}), R"(reason="a\x0d\x1b[2J")");
}

}  // namespace
}  // namespace gvsl
