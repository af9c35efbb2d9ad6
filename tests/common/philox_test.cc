#include "common/philox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace gvsl {
namespace {

using Words = std::array<std::uint32_t, 4>;

// Known-answer vectors of the generator's authors (Random123, kat_vectors, philox4x32-10).
TEST(Philox, GivesThePublishedKnownAnswers) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(Philox4x32({ones, ones, ones, ones}, {ones, ones}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, IsAPureFunctionOfItsName) {
  Philox first(1, DrawPurpose::kCrop, 10, 3);
  Philox second(1, DrawPurpose::kCrop, 10, 3);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(first.NextUint32(), second.NextUint32());
}

TEST(Philox, KeepsPurposesStepsSlotsAndSeedsApart) {
  std::set<std::uint32_t> first_words;
  for (const std::uint64_t seed : {1, 2}) {
    for (const DrawPurpose purpose : {DrawPurpose::kCrop, DrawPurpose::kSpatial}) {
      for (std::uint64_t step = 0; step < 10; ++step) {
        for (std::uint64_t slot = 0; slot < 10; ++slot) {
          first_words.insert(Philox(seed, purpose, step, slot).NextUint32());
        }
      }
    }
  }
  EXPECT_EQ(first_words.size(), 400U);
}

// These numbers are part of the format of a job: a change would change every running job's weights.
TEST(Philox, NeverChangesTheStreamOfAName) {
  Philox philox(7, DrawPurpose::kPairing, 123456789, 5);
  std::array<std::uint32_t, 5> words{};
  for (std::uint32_t& word : words) word = philox.NextUint32();
  EXPECT_EQ(words, (std::array<std::uint32_t, 5>{0x2518166fU, 0xead68133U, 0x958b029bU, 0xb4c41e45U,
                                                 0x4c2eeb94U}));
}

TEST(Philox, DrawsBelowABoundWithoutMissingAValue) {
  Philox philox(1, DrawPurpose::kCrop, 0, 0);
  std::array<int, 5> counts{};
  for (int i = 0; i < 5000; ++i) ++counts.at(philox.NextBelow(5));
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
}

TEST(Philox, DrawsFloatsInTheirRange) {
  Philox philox(1, DrawPurpose::kCrop, 1, 0);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const float value = philox.NextFloat(-1.0F, 3.0F);
    ASSERT_GE(value, -1.0F);
    ASSERT_LT(value, 3.0F);
    sum += value;
  }
  EXPECT_NEAR(sum / 10000, 1.0, 0.05);
}

TEST(Philox, DrawsNormalsOfMeanZeroAndVarianceOne) {
  Philox philox(1, DrawPurpose::kInitialWeights, 0, 0);
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < 20000; ++i) {
    const double value = philox.NextNormal();
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / 20000, 0.0, 0.03);
  EXPECT_NEAR(squares / 20000, 1.0, 0.05);
}

TEST(Philox, PermutesEveryIndexOnce) {
  Philox philox(3, DrawPurpose::kShardOrder, 0, 0);
  std::vector<std::uint32_t> order = RandomPermutation(philox, 50);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (std::uint32_t i = 0; i < 50; ++i) EXPECT_EQ(order[i], i);
}

}  // namespace
}  // namespace gvsl
