#include "data_loader/frame_fragments.h"

#include <algorithm>

namespace gvsl::data_loader {
namespace {

constexpr std::uint64_t kItemHeader = 8;  // bytes of its tag and its length

// From where each frame begins; its first fragment begins the first frame.
std::vector<FragmentRange> RangesFrom(const std::vector<std::size_t>& begins,
                                      std::size_t fragments) {
  std::vector<FragmentRange> ranges;
  for (std::size_t i = 0; i < begins.size(); ++i) {
    ranges.push_back({begins[i], i + 1 < begins.size() ? begins[i + 1] : fragments});
  }
  return ranges;
}

// Fragments that begin where the table says; fewer than frames where one begins nowhere.
std::vector<std::size_t> BeginsByTable(std::span<const std::uint32_t> offsets,
                                       std::span<const std::uint32_t> lengths) {
  std::vector<std::size_t> begins;
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < lengths.size() && begins.size() < offsets.size(); ++i) {
    if (offsets[begins.size()] == at) begins.push_back(i);
    at += kItemHeader + lengths[i];
  }
  return begins;
}

// Whether a frame has a codestream behind its first fragment, which would be lost.
bool HidesAFrame(const std::vector<std::size_t>& begins, std::size_t fragments,
                 const std::function<bool(std::size_t fragment)>& begins_codestream) {
  for (std::size_t i = 0; i < fragments; ++i) {
    const bool is_first = std::binary_search(begins.begin(), begins.end(), i);
    if (!is_first && begins_codestream(i)) return true;
  }
  return false;
}

}  // namespace

std::vector<FragmentRange> DivideFragments(
    std::size_t frames, std::span<const std::uint32_t> offsets,
    std::span<const std::uint32_t> lengths,
    const std::function<bool(std::size_t fragment)>& begins_codestream) {
  if (frames == 0 || lengths.size() < frames) return {};
  if (frames == 1) return {{0, lengths.size()}};
  if (offsets.size() == frames && offsets.front() == 0) {
    const auto begins = BeginsByTable(offsets, lengths);
    if (begins.size() == frames && !HidesAFrame(begins, lengths.size(), begins_codestream)) {
      return RangesFrom(begins, lengths.size());
    }
  }
  std::vector<std::size_t> begins;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (lengths.size() == frames || begins_codestream(i)) begins.push_back(i);
  }
  if (begins.size() != frames || begins.front() != 0) return {};
  return RangesFrom(begins, lengths.size());
}

}  // namespace gvsl::data_loader
