#include "data_loader/series_split.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>

namespace gvsl::data_loader {
namespace {

constexpr std::size_t kFewestPlaces = 3;

using Place = std::array<std::int64_t, 3>;  // um

Place PlaceOf(const MarkedSlice& slice) {
  Place place;
  for (int axis = 0; axis < 3; ++axis) place[axis] = std::llround(slice.position[axis] * 1e3);
  return place;
}

std::size_t CountPlaces(const std::vector<MarkedSlice>& slices,
                        const std::vector<std::size_t>& which) {
  std::set<Place> places;
  for (const std::size_t i : which) places.insert(PlaceOf(slices[i]));
  return places.size();
}

// Slices without the mark stay together, before all others.
std::map<std::optional<double>, std::vector<std::size_t>> GroupsBy(
    Mark mark, const std::vector<MarkedSlice>& slices, const std::vector<std::size_t>& which) {
  std::map<std::optional<double>, std::vector<std::size_t>> groups;
  for (const std::size_t i : which) {
    groups[slices[i].marks[static_cast<std::size_t>(mark)]].push_back(i);
  }
  return groups;
}

// The least value's slices that lie at all places, as far as one mark after the other tells them
// apart.
std::optional<std::vector<std::size_t>> Choose(const std::vector<MarkedSlice>& slices,
                                               const std::vector<std::size_t>& which,
                                               std::size_t places, std::size_t first_mark,
                                               std::vector<Mark>& by) {
  if (which.size() == places) return which;
  for (std::size_t mark = first_mark; mark < kMarks; ++mark) {
    const auto groups = GroupsBy(static_cast<Mark>(mark), slices, which);
    if (groups.size() < 2) continue;
    for (const auto& [value, group] : groups) {
      if (CountPlaces(slices, group) != places) continue;
      by.push_back(static_cast<Mark>(mark));
      if (auto chosen = Choose(slices, group, places, mark + 1, by)) return chosen;
      by.pop_back();
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> ComponentOf(std::string_view image_type) {
  constexpr std::array<std::string_view, 4> kLetters = {"M", "P", "R", "I"};
  while (!image_type.empty()) {
    const std::size_t end = std::min(image_type.find('\\'), image_type.size());
    const std::string_view word = image_type.substr(0, end);
    image_type.remove_prefix(std::min(end + 1, image_type.size()));
    for (std::size_t i = 0; i < kLetters.size(); ++i) {
      const bool with_sequence = word.size() > 1 && word[1] == '_' && word[0] == kLetters[i][0];
      if (word == kLetters[i] || with_sequence) return static_cast<double>(i);
    }
  }
  return std::nullopt;
}

std::optional<ChosenVolume> ChooseVolume(const std::vector<MarkedSlice>& slices) {
  std::vector<std::size_t> all(slices.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const std::size_t places = CountPlaces(slices, all);
  if (places == slices.size()) return ChosenVolume{all, 0, {}};
  if (places < kFewestPlaces) return std::nullopt;
  ChosenVolume volume;
  auto chosen = Choose(slices, all, places, 0, volume.by);
  if (!chosen) return std::nullopt;
  volume.slices = *std::move(chosen);
  volume.others = (slices.size() - 1) / places;
  return volume;
}

}  // namespace gvsl::data_loader
