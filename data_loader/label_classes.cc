#include "data_loader/label_classes.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/text.h"
#include "data_loader/subject_split.h"

namespace gvsl::data_loader {
namespace {

constexpr std::int32_t kGreatestClass = 255;
constexpr std::size_t kMostNamed = 32;

std::string Listed(const Values& values) {
  std::vector<std::string> words;
  for (const std::int32_t value : values) {
    if (words.size() == kMostNamed) break;
    words.push_back(Concat(value));
  }
  std::string text = Join(words, ", ");
  if (values.size() > kMostNamed) text += Concat(" and ", values.size() - kMostNamed, " more");
  return text.empty() ? "none" : text;
}

// "; with labels: {205: 1, 420: 2} …"; empty where there are too many values.
std::string Proposal(const Values& values) {
  std::vector<std::string> words;
  for (const std::int32_t value : values) {
    if (value > 0) words.push_back(Concat(value, ": ", words.size() + 1));
  }
  if (words.empty() || words.size() > kGreatestClass) return "";
  return Concat("; labels: {", Join(words, ", "), "} would do");
}

Status RefuseMissing(std::int32_t missing, const ClassMap& map, const Values& trained,
                     const Values& all) {
  const bool elsewhere =
      std::ranges::any_of(all, [&](std::int32_t value) { return ClassOf(map, value) == missing; });
  if (elsewhere) {
    return RefuseField("labels", Concat("class ", missing, " has no voxel in the volumes to train ",
                                        "on, where the values ", Listed(trained), " occur; ",
                                        "another split or seed may have"));
  }
  return RefuseField("labels", Concat("class ", missing, " has no voxel: the values ", Listed(all),
                                      " occur", map.empty() ? Proposal(all) : ""));
}

}  // namespace

std::int32_t ClassOf(const ClassMap& map, std::int32_t value) {
  if (map.empty()) return value;
  const auto found = map.find(value);
  return found == map.end() ? 0 : found->second;
}

Status CheckClassMap(const ClassMap& map) {
  for (const auto& [value, to] : map) {
    if (to >= 0 && to <= kGreatestClass) continue;
    return RefuseField(Concat("labels.", value),
                       Concat(to, " is not within 0 to ", kGreatestClass, "; the nearest is ",
                              std::clamp(to, 0, kGreatestClass)));
  }
  return OkStatus();
}

StatusOr<std::int32_t> CountClasses(const ClassMap& map, const Values& trained, const Values& all) {
  Values classes;
  for (const std::int32_t value : all) classes.insert(ClassOf(map, value));
  for (const auto& [value, to] : map) classes.insert(to);
  if (!classes.empty() && *classes.begin() < 0) {
    return RefuseField(
        "labels", Concat("the value ", *classes.begin(), " occurs and is no class", Proposal(all)));
  }
  const std::int32_t greatest = classes.empty() ? 0 : *classes.rbegin();
  if (greatest == 0) {
    return RefuseField(
        "labels", Concat("nothing but background is left: the values ", Listed(all), " occur"));
  }
  Values learnt;
  for (const std::int32_t value : trained) learnt.insert(ClassOf(map, value));
  for (std::int32_t one = 1; one <= std::min(greatest, kGreatestClass); ++one) {
    if (!learnt.contains(one)) return RefuseMissing(one, map, trained, all);
  }
  if (greatest > kGreatestClass) {
    return RefuseField("labels", Concat("the value ", greatest, " occurs, and the greatest class ",
                                        "is ", kGreatestClass, "; merge values into classes"));
  }
  return greatest + 1;
}

Status CheckTwoClasses(const ClassMap& map, const std::map<std::string, VolumesByValue>& parts) {
  Values values;
  for (const auto& [field, part] : parts) {
    for (const auto& [value, count] : part) values.insert(value);
  }
  Values classes;
  for (const std::int32_t value : values) classes.insert(ClassOf(map, value));
  if (classes != Values{0, 1}) {
    return RefuseField("labels", Concat("classify tells the classes 0 and 1 apart; those of the ",
                                        "volumes are ", Listed(classes)));
  }
  for (const auto& [field, part] : parts) {
    std::map<std::int32_t, std::size_t> counts;
    for (const auto& [value, count] : part) counts[ClassOf(map, value)] += count;
    if (counts.size() != 1) continue;
    const auto [only, count] = *counts.begin();
    return RefuseField(
        field, Concat("volumes of both classes are needed, and all ", count, " are of class ", only,
                      "; other numbers or another seed may give both"));
  }
  return OkStatus();
}

}  // namespace gvsl::data_loader
