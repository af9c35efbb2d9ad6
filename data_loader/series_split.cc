#include "data_loader/series_split.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>

#include "data_loader/geometry.h"
#include "data_loader/series_assembly.h"

namespace gvsl::data_loader {
namespace {

using Slices = std::vector<std::size_t>;  // places in the input
using Cell = std::array<std::int64_t, 3>;

// A number for each slice: the same for those that lie within `tolerance` of the first at a place.
std::vector<std::size_t> PlacesOf(const std::vector<MarkedSlice>& slices, double tolerance) {
  std::multimap<Cell, std::size_t> firsts;  // by cells as wide as the tolerance
  const auto is_near = [&](std::size_t a, std::size_t b) {
    return Length(Subtract(slices[a].position, slices[b].position)) <= tolerance;
  };
  const auto find = [&](std::size_t slice, const Cell& cell) -> std::optional<std::size_t> {
    for (int neighbour = 0; neighbour < 27; ++neighbour) {
      const Cell at = {cell[0] + neighbour % 3 - 1, cell[1] + neighbour / 3 % 3 - 1,
                       cell[2] + neighbour / 9 - 1};
      const auto [begin, end] = firsts.equal_range(at);
      for (auto it = begin; it != end; ++it) {
        if (is_near(slice, it->second)) return it->second;
      }
    }
    return std::nullopt;
  };
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    Cell cell;
    for (int axis = 0; axis < 3; ++axis) {
      cell[axis] = std::llround(slices[i].position[axis] / tolerance);
    }
    const auto found = find(i, cell);
    if (!found) firsts.emplace(cell, i);
    places.push_back(found.value_or(i));
  }
  return places;
}

class Splitter {
 public:
  Splitter(const std::vector<MarkedSlice>& slices, double tolerance)
      : slices_(slices), place_of_(PlacesOf(slices, tolerance)) {
    Slices all(slices.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    places_ = CountPlaces(all);
    if (places_ == all.size()) {
      chosen_ = WithoutInterleaved(all);
    } else if (places_ >= kFewestSlices) {
      chosen_ = Choose(all, 0);
    }
  }

  std::optional<ChosenVolume> Result() const {
    if (!chosen_) return std::nullopt;
    return ChosenVolume{*chosen_, by_};
  }

 private:
  // Along the line of the two that lie farthest apart.
  Slices InOrder(Slices which) const {
    const Vector3& begin = slices_[which.front()].position;
    const auto from_begin = [&](std::size_t i) { return Subtract(slices_[i].position, begin); };
    const std::size_t end =
        std::ranges::max(which, {}, [&](std::size_t i) { return Length(from_begin(i)); });
    const Vector3 line = from_begin(end);
    std::ranges::stable_sort(which, {}, [&](std::size_t i) { return Dot(from_begin(i), line); });
    return which;
  }

  // Whether its values take turns, slice by slice, to the end.
  bool TakesTurns(std::size_t mark, const Slices& in_order) const {
    const std::size_t values = GroupsBy(mark, in_order).size();
    if (values < 2 || in_order.size() < kFewestSlices * values) return false;
    for (std::size_t i = values; i < in_order.size(); ++i) {
      if (slices_[in_order[i]].marks[mark] != slices_[in_order[i - values]].marks[mark]) {
        return false;
      }
    }
    return true;
  }

  // Volumes may lie between each other's slices, at no place of another.
  Slices WithoutInterleaved(const Slices& all) {
    if (all.empty()) return all;
    const Slices in_order = InOrder(all);
    for (const Mark which :
         {Mark::kComponent, Mark::kEcho, Mark::kDiffusion, Mark::kTemporalPosition}) {
      const auto mark = static_cast<std::size_t>(which);
      if (!TakesTurns(mark, in_order)) continue;
      by_.push_back(which);
      return GroupsBy(mark, all).begin()->second;
    }
    return all;
  }

  std::size_t CountPlaces(const Slices& which) const {
    std::set<std::size_t> places;
    for (const std::size_t i : which) places.insert(place_of_[i]);
    return places.size();
  }

  // Slices without the mark stay together, before all others.
  std::map<std::optional<double>, Slices> GroupsBy(std::size_t mark, const Slices& which) const {
    std::map<std::optional<double>, Slices> groups;
    for (const std::size_t i : which) groups[slices_[i].marks[mark]].push_back(i);
    return groups;
  }

  // One mark after the other: at most once each.
  std::optional<Slices> Choose(const Slices& which, std::size_t first_mark) {
    if (which.size() == places_) return which;
    for (std::size_t mark = first_mark; mark < kMarks; ++mark) {
      const auto groups = GroupsBy(mark, which);
      if (groups.size() < 2) continue;
      const bool is_component = static_cast<Mark>(mark) == Mark::kComponent;
      for (const auto& [value, group] : groups) {
        if (CountPlaces(group) == places_) {
          by_.push_back(static_cast<Mark>(mark));
          if (auto chosen = Choose(group, mark + 1)) return chosen;
          by_.pop_back();
        }
        if (is_component) return std::nullopt;  // a phase is no magnitude that lacks a slice
      }
    }
    return std::nullopt;
  }

  const std::vector<MarkedSlice>& slices_;
  std::vector<std::size_t> place_of_;
  std::size_t places_ = 0;
  std::vector<Mark> by_;
  std::optional<Slices> chosen_;
};

}  // namespace

double ComponentOf(std::string_view image_type) {
  constexpr std::array<std::string_view, 4> kLetters = {"M", "P", "R", "I"};
  constexpr std::array<std::string_view, 4> kWords = {"MAGNITUDE", "PHASE", "REAL", "IMAGINARY"};
  while (!image_type.empty()) {
    const std::size_t end = std::min(image_type.find('\\'), image_type.size());
    const std::string_view word = image_type.substr(0, end);
    image_type.remove_prefix(std::min(end + 1, image_type.size()));
    for (std::size_t i = 0; i < kLetters.size(); ++i) {
      const bool with_sequence = word.size() > 1 && word[1] == '_' && word[0] == kLetters[i][0];
      if (word == kLetters[i] || word == kWords[i] || with_sequence) return static_cast<double>(i);
    }
  }
  return static_cast<double>(kLetters.size());
}

std::optional<ChosenVolume> ChooseVolume(const std::vector<MarkedSlice>& slices, double tolerance) {
  return Splitter(slices, tolerance).Result();
}

}  // namespace gvsl::data_loader
