#include "data_loader/frame_fragments.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

namespace gvsl::data_loader {
namespace {

// "0-2 2-3": of fragments of 10 bytes each but the second, of 20.
std::string Divide(std::size_t frames, std::size_t fragments, std::vector<std::uint32_t> offsets,
                   const std::set<std::size_t>& begins = {}) {
  std::vector<std::uint32_t> lengths(fragments, 10);
  if (fragments > 1) lengths[1] = 20;
  std::string text;
  for (const FragmentRange& range : DivideFragments(
           frames, offsets, lengths, [&](std::size_t i) { return begins.contains(i); })) {
    text +=
        (text.empty() ? "" : " ") + std::to_string(range.begin) + "-" + std::to_string(range.end);
  }
  return text;
}

TEST(FrameFragments, OneFrameHasThemAll) {
  EXPECT_EQ(Divide(1, 3, {}), "0-3");
  EXPECT_EQ(Divide(1, 3, {7}), "0-3");
}

TEST(FrameFragments, FollowTheTableOfOffsets) {
  EXPECT_EQ(Divide(2, 4, {0, 46}), "0-2 2-4");  // 8 + 10 + 8 + 20
  EXPECT_EQ(Divide(2, 2, {0, 18}), "0-1 1-2");
}

TEST(FrameFragments, AreOneEachWhereNoTableFits) {
  EXPECT_EQ(Divide(3, 3, {}), "0-1 1-2 2-3");
  EXPECT_EQ(Divide(3, 3, {0, 17, 40}), "0-1 1-2 2-3");
  EXPECT_EQ(Divide(3, 3, {0, 0, 0}), "0-1 1-2 2-3");
}

TEST(FrameFragments, ElseBeginWhereACodestreamDoes) {
  EXPECT_EQ(Divide(2, 5, {}, {0, 3}), "0-3 3-5");
  EXPECT_EQ(Divide(2, 5, {0, 45}, {0, 3}), "0-3 3-5");
  EXPECT_EQ(Divide(2, 5, {}, {1, 3}), "");
  EXPECT_EQ(Divide(2, 5, {}, {0, 2, 3}), "");
}

TEST(FrameFragments, ATableThatHidesAFrameIsNotFollowed) {
  EXPECT_EQ(Divide(2, 4, {0, 46}, {0, 2}), "0-2 2-4");
  EXPECT_EQ(Divide(2, 4, {0, 46}, {0, 1}), "0-1 1-4");
  EXPECT_EQ(Divide(2, 4, {0, 46}, {0, 1, 2}), "");
}

TEST(FrameFragments, AreNoneWhereThereAreTooFew) {
  EXPECT_EQ(Divide(3, 2, {0, 18, 46}), "");
  EXPECT_EQ(Divide(0, 2, {}), "");
  EXPECT_EQ(Divide(1, 0, {}), "");
}

}  // namespace
}  // namespace gvsl::data_loader
