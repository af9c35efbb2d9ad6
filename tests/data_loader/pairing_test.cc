#include "data_loader/pairing.h"

#include <gtest/gtest.h>

namespace gvsl::data_loader {
namespace {

SourceName Name(const std::string& relative, const std::string& root = "in") {
  const std::size_t slash = relative.rfind('/');
  return {root, relative, slash == std::string::npos ? relative : relative.substr(slash + 1)};
}

// "1", "none" or a code, for each image.
std::vector<std::string> Labels(const std::vector<SourceName>& images,
                                const std::vector<std::string>& labels) {
  std::vector<SourceName> maps;
  for (const std::string& label : labels) maps.push_back(Name(label, "labels"));
  std::vector<std::string> result;
  for (const auto& found : PairLabels(images, maps).of_image) {
    if (const auto* rejection = std::get_if<Rejection>(&found)) {
      result.push_back(rejection->code);
    } else {
      const auto& position = std::get<0>(found);
      result.push_back(position ? labels[*position] : "none");
    }
  }
  return result;
}

using Strings = std::vector<std::string>;

TEST(PairLabels, ByStemWhereItIsOne) {
  EXPECT_EQ(Labels({Name("a"), Name("deep/b")}, {"b", "x/a"}), (Strings{"x/a", "b"}));
  EXPECT_EQ(Labels({Name("a")}, {"b"}), (Strings{"none"}));
}

TEST(PairLabels, ByPathWhereStemsCollide) {
  EXPECT_EQ(Labels({Name("sub-01/anat"), Name("sub-02/anat")}, {"sub-02/anat", "sub-01/anat"}),
            (Strings{"sub-01/anat", "sub-02/anat"}));
  EXPECT_EQ(Labels({Name("001", "site1"), Name("001", "site2")}, {"site1/001", "site2/001"}),
            (Strings{"site1/001", "site2/001"}));
}

TEST(PairLabels, ALabelThatSeveralImagesMayMeanGoesToNone) {
  const std::vector<SourceName> images = {Name("x/a"), Name("y/a")};
  EXPECT_EQ(Labels(images, {"a"}), (Strings{"LABEL_AMBIGUOUS", "LABEL_AMBIGUOUS"}));
  EXPECT_EQ(Labels({Name("a")}, {"x/a", "y/a"}), (Strings{"LABEL_AMBIGUOUS"}));
  EXPECT_EQ(Labels({Name("001", "site1"), Name("001", "site2")}, {"001"}),
            (Strings{"LABEL_AMBIGUOUS", "LABEL_AMBIGUOUS"}));
  const auto unused = PairLabels(images, {Name("a"), Name("b")}).unused;
  EXPECT_EQ(unused.at(0).code, "LABEL_AMBIGUOUS");
  EXPECT_EQ(unused.at(1).code, "LABEL_WITHOUT_IMAGE");
}

TEST(PairLabels, WhatIsPairedByPathLeavesTheRestToTheStem) {
  EXPECT_EQ(Labels({Name("x/a"), Name("y/a")}, {"x/a", "a"}), (Strings{"x/a", "a"}));
  EXPECT_EQ(Labels({Name("x/a"), Name("y/a")}, {"y/a"}), (Strings{"none", "y/a"}));
}

std::vector<std::string> Classes(const std::vector<SourceName>& images,
                                 const std::map<std::string, std::int32_t>& classes) {
  std::vector<std::string> result;
  for (const auto& found : PairClasses(images, classes)) {
    const auto* rejection = std::get_if<Rejection>(&found);
    const auto index = rejection == nullptr ? std::get<0>(found) : std::nullopt;
    result.push_back(rejection != nullptr ? rejection->code : index ? std::to_string(*index) : "");
  }
  return result;
}

TEST(PairClasses, ByPathElseByAStemThatIsOne) {
  EXPECT_EQ(Classes({Name("a"), Name("x/b")}, {{"a", 1}, {"b", 2}}), (Strings{"1", "2"}));
  EXPECT_EQ(Classes({Name("x/a"), Name("y/a")}, {{"x/a", 1}, {"y/a", 2}}), (Strings{"1", "2"}));
  EXPECT_EQ(Classes({Name("x/a"), Name("y/a")}, {{"a", 1}}),
            (Strings{"CLASS_AMBIGUOUS", "CLASS_AMBIGUOUS"}));
  EXPECT_EQ(Classes({Name("a", "site1"), Name("a", "site2")}, {{"a", 1}, {"site2/a", 3}}),
            (Strings{"CLASS_AMBIGUOUS", "3"}));
  EXPECT_EQ(Classes({Name("c")}, {{"a", 1}}), (Strings{""}));
}

TEST(PairClasses, AllSeriesOfOneFolderHaveItsClass) {
  EXPECT_EQ(Classes({Name("p/series"), Name("p/series")}, {{"series", 1}}), (Strings{"1", "1"}));
}

}  // namespace
}  // namespace gvsl::data_loader
