#include "common/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gvsl {
namespace {

TEST(JsonText, IsParsed) {
  const auto json = ParseJson(R"({"a": [1, {"b": "c"}]})");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ((*json)["a"][1]["b"], "c");
}

TEST(JsonText, WhatIsNotJsonIsDataLoss) {
  for (const char* text : {"", "{", "[1,]", "{\"a\" 1}", "nul", "[1] 2", "\xff"}) {
    EXPECT_EQ(ParseJson(text).status().code(), StatusCode::kDataLoss) << text;
  }
}

TEST(JsonText, NestingBeyondReasonIsDataLossAndDoesNotOverflowTheStack) {
  EXPECT_TRUE(ParseJson(std::string(64, '[') + std::string(64, ']')).ok());
  for (const std::string& text :
       {std::string(65, '[') + std::string(65, ']'), std::string(20'000'000, '[')}) {
    const auto json = ParseJson(text);
    EXPECT_EQ(json.status().code(), StatusCode::kDataLoss);
    EXPECT_NE(json.status().message().find("deeper than 64"), std::string::npos);
  }
}

}  // namespace
}  // namespace gvsl
