#include "data_loader/dicom_stacks.h"

#include <algorithm>
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
#include "data_loader/geometry.h"
#include "data_loader/object_kind.h"
#include "data_loader/series_assembly.h"

namespace gvsl::data_loader {
namespace {

constexpr std::size_t kMostStacks = 64;
// What differs by less is no other stack, though no volume either: 5 degrees, a fiftieth.
constexpr Tolerance kNotClearlyApart = {.direction = 0.09, .spacing = 0.02};

bool IsBeside(const DicomHeader& header) { return IsNoSlice(header.problem.code); }

struct Stack {
  std::string id;
  std::vector<Frame> members;  // pictures, of mosaics too
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

const DicomFrame& HeaderOf(const Series& series, const Frame& member) {
  return series[member.file].frames[member.part];
}

// In the order that their headers say.
std::vector<Frame> MembersOf(const Series& series) {
  std::vector<Frame> members;
  for (std::size_t file = 0; file < series.size(); ++file) {
    const DicomHeader& header = series[file];
    if (IsBeside(header)) continue;
    for (std::size_t part = 0; part < header.frames.size(); ++part) {
      members.push_back({file, part, GeometryOf(header, header.frames[part])});
    }
  }
  std::ranges::stable_sort(members, {}, [&](const Frame& member) {
    const DicomHeader& header = series[member.file];
    return std::tuple(header.instance_number, std::string_view(header.instance_uid),
                      HeaderOf(series, member).index);
  });
  return members;
}

// More than the most where there are too many.
std::vector<Stack> StacksOf(const Series& series) {
  std::vector<Stack> stacks;
  for (const Frame& member : MembersOf(series)) {
    const std::string& id = HeaderOf(series, member).stack;
    auto found = std::ranges::find_if(stacks, [&](const Stack& stack) {
      return stack.id == id &&
             series[member.file].frame_of_reference ==
                 series[stack.members.front().file].frame_of_reference &&
             AreAlike(member.geometry, stack.members.front().geometry, kNotClearlyApart);
    });
    if (found == stacks.end()) found = stacks.insert(found, {id, {}});
    found->members.push_back(member);
    if (stacks.size() > kMostStacks) break;
  }
  return stacks;
}

bool IsLargeEnough(const Series& series, const Stack& stack) {
  std::set<Vector3> places;
  std::int64_t tiles = 0;
  for (const Frame& member : stack.members) {
    places.insert(member.geometry.position);
    const auto& mosaic = series[member.file].mosaic;
    if (mosaic) tiles = std::max(tiles, mosaic->slices);
  }
  return places.size() >= kFewestSlices || tiles >= static_cast<std::int64_t>(kFewestSlices);
}

bool IsOfOneDirection(const Stack& stack) {
  return std::ranges::all_of(stack.members, [&](const Frame& member) {
    return AreAlike(member.geometry, stack.members.front().geometry);
  });
}

Series Only(const Series& series, const std::vector<Frame>& members) {
  std::map<std::size_t, std::vector<DicomFrame>> frames;
  for (const Frame& member : members) frames[member.file].push_back(HeaderOf(series, member));
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
  std::vector<Frame> rest;
  bool is_clear = stacks.size() > 1 && stacks.size() <= kMostStacks;
  for (std::size_t i = 0; is_clear && i < stacks.size(); ++i) {
    if (IsLargeEnough(series, stacks[i])) {
      is_clear = IsOfOneDirection(stacks[i]);
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
