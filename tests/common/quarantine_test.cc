#include "common/quarantine.h"

#include <gtest/gtest.h>

#include "common/checkpoint_manifest.h"

namespace gvsl {
namespace {

const Quarantine kThree = {{4, 10}, {1, 25}, {9, 25}};

TEST(Quarantine, IsInOneOrderHoweverItWasFilled) {
  Quarantine quarantine;
  AddToQuarantine(std::vector<std::uint32_t>{4}, 10, quarantine);
  AddToQuarantine(std::vector<std::uint32_t>{9, 1}, 25, quarantine);
  EXPECT_EQ(quarantine, kThree);
  EXPECT_TRUE(IsInOrder(quarantine));
}

TEST(Quarantine, KeepsTheStepOfAShardThatItHasAlready) {
  Quarantine quarantine = kThree;
  AddToQuarantine(std::vector<std::uint32_t>{4}, 40, quarantine);
  EXPECT_EQ(quarantine, kThree);
}

TEST(Quarantine, IsCutByStep) {
  EXPECT_EQ(QuarantinedAt(kThree, 25), (std::vector<std::uint32_t>{1, 9}));
  EXPECT_TRUE(QuarantinedAt(kThree, 11).empty());
  EXPECT_EQ(QuarantinedWithin(kThree, 0, 25), (Quarantine{{4, 10}}));
  EXPECT_EQ(QuarantinedWithin(kThree, 25, 26).size(), 2U);
}

TEST(Quarantine, OutOfOrderOrTwiceIsNoList) {
  EXPECT_TRUE(IsInOrder({}));
  EXPECT_FALSE(IsInOrder({{1, 25}, {4, 10}}));
  EXPECT_FALSE(IsInOrder({{4, 10}, {4, 25}}));
}

TEST(Quarantine, StandsInACheckpointsManifest) {
  CheckpointManifest manifest;
  EXPECT_EQ(ParseCheckpointManifest(ToJson(manifest))->quarantine, Quarantine());
  manifest.quarantine = kThree;
  const std::string text = ToJson(manifest);
  const auto parsed = ParseCheckpointManifest(text);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->quarantine, kThree);

  manifest.quarantine = {{4, 10}, {4, 25}};
  EXPECT_EQ(ParseCheckpointManifest(ToJson(manifest)).status().code(), StatusCode::kDataLoss);
  std::string negative = text;
  negative.replace(negative.find("\"shard\": 4"), 10, "\"shard\":-4");
  EXPECT_EQ(ParseCheckpointManifest(negative).status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace gvsl
