#include "data_loader/dicom_stacks.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "data_loader/dicom_frames.h"
#include "data_loader/object_kind.h"
#include "data_loader/series_assembly.h"

namespace gvsl::data_loader {
namespace {

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
             return frame.position && frame.orientation && frame.pixel_spacing &&
                    IsPlausible(GeometryOf(header, frame));
           });
  });
}

std::vector<Stack> StacksOf(const Series& series) {
  std::vector<Stack> stacks;
  for (std::size_t file = 0; file < series.size(); ++file) {
    const DicomHeader& header = series[file];
    if (IsBeside(header)) continue;
    for (std::size_t part = 0; part < header.frames.size(); ++part) {
      const DicomFrame& frame = header.frames[part];
      const SliceGeometry geometry = GeometryOf(header, frame);
      auto found = std::ranges::find_if(stacks, [&](const Stack& stack) {
        return stack.id == frame.stack && AreAlike(stack.geometry, geometry);
      });
      if (found == stacks.end()) found = stacks.insert(found, {geometry, frame.stack, {}});
      found->members.push_back({file, part});
    }
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

// What its headers say comes first in the series comes first.
auto KeyOf(const Series& series, const Stack& stack) {
  std::optional<std::tuple<std::optional<double>, std::string, std::size_t>> least;
  for (const auto& [file, part] : stack.members) {
    const DicomHeader& header = series[file];
    std::tuple key(header.instance_number, header.instance_uid, header.frames[part].index);
    if (!least || key < *least) least = std::move(key);
  }
  return least;
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

std::vector<Series> SplitIntoStacks(const Series& series) {
  if (!CanBeSplit(series)) return {series};
  std::vector<Stack> stacks = StacksOf(series);
  if (stacks.size() < 2) return {series};
  std::ranges::sort(stacks, {}, [&](const Stack& stack) { return KeyOf(series, stack); });
  std::vector<Series> result;
  std::vector<Member> rest;
  for (const Stack& stack : stacks) {
    if (IsLargeEnough(series, stack)) {
      result.push_back(Only(series, stack.members));
    } else {
      rest.insert(rest.end(), stack.members.begin(), stack.members.end());
    }
  }
  if (result.empty()) return {series};
  std::ranges::copy_if(series, std::back_inserter(result.front()), IsBeside);
  if (!rest.empty()) result.push_back(Only(series, rest));
  return result;
}

}  // namespace gvsl::data_loader
