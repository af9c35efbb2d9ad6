#include "data_loader/dicom_stacks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "data_loader/dicom_frames.h"
#include "data_loader/object_kind.h"
#include "data_loader/series_assembly.h"

namespace gvsl::data_loader {
namespace {

constexpr std::size_t kMostStacks = 64;
constexpr double kClearlyApart = 0.09;         // of a direction's parts: 5 degrees
constexpr double kClearlyOtherSpacing = 0.02;  // of the spacing

bool IsBeside(const DicomHeader& header) { return IsNoSlice(header.problem.code); }

struct Member {
  std::size_t file = 0;  // in the series
  std::size_t part = 0;  // of its frames
};

struct Stack {
  SliceGeometry geometry;  // of its first member
  std::string id;
  std::vector<Member> members;
};

bool CanBeSplit(const Series& series) {
  return std::ranges::all_of(series, [](const DicomHeader& header) {
    if (IsBeside(header)) return true;
    return header.problem.code.empty() &&
           std::ranges::all_of(header.frames, [&](const DicomFrame& frame) {
             return frame.IsPlaced() && IsPlausible(GeometryOf(header, frame));
           });
  });
}

bool DifferClearly(const SliceGeometry& a, const SliceGeometry& b) {
  for (std::size_t i = 0; i < a.orientation.size(); ++i) {
    if (std::abs(a.orientation[i] - b.orientation[i]) > kClearlyApart) return true;
  }
  for (std::size_t i = 0; i < a.pixel_spacing.size(); ++i) {
    const double difference = std::abs(a.pixel_spacing[i] - b.pixel_spacing[i]);
    if (difference > kClearlyOtherSpacing * b.pixel_spacing[i]) return true;
  }
  return a.rows != b.rows || a.columns != b.columns;
}

// In the order that their headers say.
std::vector<Member> MembersOf(const Series& series) {
  std::vector<Member> members;
  for (std::size_t file = 0; file < series.size(); ++file) {
    if (IsBeside(series[file])) continue;
    for (std::size_t part = 0; part < series[file].frames.size(); ++part) {
      members.push_back({file, part});
    }
  }
  std::ranges::stable_sort(members, {}, [&](const Member& member) {
    const DicomHeader& header = series[member.file];
    return std::tuple(header.instance_number, std::string_view(header.instance_uid),
                      header.frames[member.part].index);
  });
  return members;
}

// More than the most where there are too many.
std::vector<Stack> StacksOf(const Series& series) {
  std::vector<Stack> stacks;
  for (const Member& member : MembersOf(series)) {
    const DicomHeader& header = series[member.file];
    const DicomFrame& frame = header.frames[member.part];
    const SliceGeometry geometry = GeometryOf(header, frame);
    auto found = std::ranges::find_if(stacks, [&](const Stack& stack) {
      return stack.id == frame.stack && !DifferClearly(stack.geometry, geometry);
    });
    if (found == stacks.end()) found = stacks.insert(found, {geometry, frame.stack, {}});
    found->members.push_back(member);
    if (stacks.size() > kMostStacks) break;
  }
  return stacks;
}

bool IsLargeEnough(const Series& series, const Stack& stack) {
  std::set<std::array<double, 3>> places;
  std::int64_t tiles = 0;
  for (const auto& [file, part] : stack.members) {
    places.insert(*series[file].frames[part].position);
    if (series[file].mosaic) tiles = std::max(tiles, series[file].mosaic->slices);
  }
  return places.size() >= kFewestSlices || tiles >= static_cast<std::int64_t>(kFewestSlices);
}

bool IsOfOneDirection(const Series& series, const Stack& stack) {
  return std::ranges::all_of(stack.members, [&](const Member& member) {
    const DicomHeader& header = series[member.file];
    return AreAlike(GeometryOf(header, header.frames[member.part]), stack.geometry);
  });
}

Series Only(const Series& series, const std::vector<Member>& members) {
  std::map<std::size_t, std::vector<DicomFrame>> frames;
  for (const auto& [file, part] : members) frames[file].push_back(series[file].frames[part]);
  Series result;
  for (auto& [file, of_file] : frames) {
    result.push_back(series[file]);
    result.back().frames = std::move(of_file);
  }
  return result;
}

}  // namespace

SeriesStacks SplitIntoStacks(Series series) {
  if (!CanBeSplit(series)) return {{std::move(series)}, {}};
  const std::vector<Stack> stacks = StacksOf(series);
  SeriesStacks result;
  std::vector<Member> rest;
  bool is_clear = stacks.size() > 1 && stacks.size() <= kMostStacks;
  for (std::size_t i = 0; is_clear && i < stacks.size(); ++i) {
    if (IsLargeEnough(series, stacks[i])) {
      is_clear = IsOfOneDirection(series, stacks[i]);
      result.stacks.push_back(Only(series, stacks[i].members));
    } else {
      rest.insert(rest.end(), stacks[i].members.begin(), stacks[i].members.end());
    }
  }
  if (!is_clear || result.stacks.empty()) return {{std::move(series)}, {}};
  std::ranges::copy_if(series, std::back_inserter(result.stacks.front()), IsBeside);
  result.rest = Only(series, rest);
  return result;
}

}  // namespace gvsl::data_loader
