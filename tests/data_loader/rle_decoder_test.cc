#include "data_loader/rle_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gvsl::data_loader {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using Bytes = std::vector<std::uint8_t>;

Bytes Coded(const std::vector<Bytes>& segments) {
  Bytes bytes(64);
  bytes[0] = static_cast<std::uint8_t>(segments.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    bytes[4 + 4 * i] = static_cast<std::uint8_t>(bytes.size());
    bytes.insert(bytes.end(), segments[i].begin(), segments[i].end());
  }
  return bytes;
}

TEST(RleDecoder, JoinsTheBytesOfNumbersFromTheGreatestDown) {
  // A run of three 1s and two others; literals; 128 says nothing.
  const Bytes coded = Coded({{254, 1, 1, 2, 3}, {128, 4, 10, 20, 30, 40, 50}});
  EXPECT_THAT(DecodeRle(coded, 5, 2),
              Optional(ElementsAre(0x010a, 0x0114, 0x011e, 0x0228, 0x0332)));
  EXPECT_THAT(DecodeRle(Coded({{253, 9}}), 4, 1), Optional(ElementsAre(9, 9, 9, 9)));
}

TEST(RleDecoder, TakesNoMoreThanTheFrameHas) {
  EXPECT_THAT(DecodeRle(Coded({{250, 9, 0}}), 4, 1), Optional(ElementsAre(9, 9, 9, 9)));
}

TEST(RleDecoder, RefusesWhatEndsEarly) {
  const Bytes whole = Coded({{254, 1, 1, 2, 3}, {4, 10, 20, 30, 40, 50}});
  ASSERT_TRUE(DecodeRle(whole, 5, 2));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(DecodeRle(cut, 5, 2)) << length;
  }
}

TEST(RleDecoder, RefusesSegmentsThatAreNotThereOrTooMany) {
  const Bytes whole = Coded({{254, 1, 1, 2, 3}, {4, 10, 20, 30, 40, 50}});
  EXPECT_FALSE(DecodeRle(whole, 5, 1));
  for (const std::uint8_t place : {0, 63, 65, 75, 255}) {
    Bytes changed = whole;
    changed[8] = place;
    EXPECT_FALSE(DecodeRle(changed, 5, 2)) << int{place};
  }
}

TEST(RleDecoder, TakesNoMemoryForWhatTheBytesCannotHold) {
  const Bytes bomb = Coded({Bytes(100, 129)});
  EXPECT_FALSE(DecodeRle(bomb, std::size_t{1} << 60, 1));
}

}  // namespace
}  // namespace gvsl::data_loader
