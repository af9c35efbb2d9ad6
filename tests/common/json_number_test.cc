#include "common/json_number.h"

#include <gtest/gtest.h>

#include <limits>

namespace gvsl {
namespace {

using nlohmann::json;

TEST(JsonNumber, IsWholeAndWithinItsType) {
  EXPECT_EQ(WholeNumber<std::uint32_t>(json::parse("4294967295")), 4294967295U);
  EXPECT_EQ(WholeNumber<std::int32_t>(json::parse("-2147483648")),
            std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(WholeNumber<std::uint64_t>(json::parse("18446744073709551615")),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ((WholeNumbers<std::int64_t, 2>(json::parse("[1,-2,3]"))),
            (std::array<std::int64_t, 2>{1, -2}));
}

TEST(JsonNumber, WhatIsNoneOrBeyondItsTypeIsRefused) {
  for (const char* text : {"4294967296", "-1", "1.0", "7.7e30", "\"1\"", "null", "true", "[1]"}) {
    EXPECT_THROW(WholeNumber<std::uint32_t>(json::parse(text)), std::out_of_range) << text;
  }
  EXPECT_THROW(WholeNumber<std::int64_t>(json::parse("9223372036854775808")), std::out_of_range);
  const auto few = [] { return WholeNumbers<std::int64_t, 3>(json::parse("[1,2]")); };
  EXPECT_THROW(few(), json::exception);
}

}  // namespace
}  // namespace gvsl
