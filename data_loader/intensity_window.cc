#include "data_loader/intensity_window.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

constexpr std::size_t kLanes = 16;

// The first of the least and the last of the greatest: zeros have signs.
std::array<double, 2> LeastAndGreatest(std::span<const float> voxels) {
  std::array<float, kLanes> least, greatest;
  least.fill(voxels.front());
  greatest.fill(voxels.front());
  const std::size_t whole = voxels.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float voxel = voxels[i + lane];
      least[lane] = voxel < least[lane] ? voxel : least[lane];
      greatest[lane] = voxel > greatest[lane] ? voxel : greatest[lane];
    }
  }
  for (const float voxel : voxels.subspan(whole)) {
    least[0] = std::min(least[0], voxel);
    greatest[0] = std::max(greatest[0], voxel);
  }
  std::array range = {std::ranges::min(least), std::ranges::max(greatest)};
  if (range[0] == 0) range[0] = *std::find(voxels.begin(), voxels.end(), 0.0F);
  if (range[1] == 0) range[1] = *std::find(voxels.rbegin(), voxels.rend(), 0.0F);
  return {range[0], range[1]};
}

// In the order of the values that they stand for: negative ones have all bits turned round.
std::uint32_t OrderedBits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return bits >> 31U != 0 ? ~bits : bits | 0x80000000U;
}

constexpr unsigned kBucketShift = 16;

// Order statistics of the voxels that are not 0: values are counted by the first half of their
// bits, and only those of one bucket are put in order.
class NonzeroVoxels {
 public:
  explicit NonzeroVoxels(std::span<const float> voxels)
      : voxels_(voxels), buckets_(std::size_t{1} << (32 - kBucketShift)) {
    for (const float voxel : voxels) {
      if (voxel != 0) ++buckets_[OrderedBits(voxel) >> kBucketShift];
    }
    for (const std::size_t values : buckets_) count_ += values;
  }

  double Percentile(double percent) const {
    const double rank = percent / 100 * static_cast<double>(count_ - 1);
    const auto lower = static_cast<std::size_t>(std::floor(rank));
    const auto [low, high] = ValueAndNext(lower);
    return low + (high - low) * (rank - static_cast<double>(lower));
  }

 private:
  // In order the value at `rank` and the one behind it; itself where it is the last.
  std::array<double, 2> ValueAndNext(std::size_t rank) const {
    std::size_t bucket = 0, place = rank;
    for (; place >= buckets_[bucket]; ++bucket) place -= buckets_[bucket];
    std::vector<float> values = ValuesIn(bucket);
    const auto found = values.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(values.begin(), found, values.end());
    if (found + 1 != values.end()) return {*found, *std::min_element(found + 1, values.end())};
    if (rank + 1 == count_) return {*found, *found};
    do ++bucket;
    while (buckets_[bucket] == 0);
    return {*found, std::ranges::min(ValuesIn(bucket))};
  }

  std::vector<float> ValuesIn(std::size_t bucket) const {
    std::vector<float> values;
    values.reserve(buckets_[bucket]);
    for (const float voxel : voxels_) {
      if (voxel != 0 && OrderedBits(voxel) >> kBucketShift == bucket) values.push_back(voxel);
    }
    return values;
  }

  std::span<const float> voxels_;
  std::vector<std::size_t> buckets_;
  std::size_t count_ = 0;
};

std::array<double, 2> MrRange(std::span<const float> voxels) {
  const NonzeroVoxels nonzero(voxels);
  const std::array<double, 2> range = {nonzero.Percentile(0.5), nonzero.Percentile(99.5)};
  return range[0] < range[1] ? range : LeastAndGreatest(voxels);
}

}  // namespace

StatusOr<WindowChoice> ParseWindow(const std::string& text) {
  if (text == "ct" || text == "mr" || text == "minmax") return WindowChoice{text, std::nullopt};
  if (const std::size_t comma = text.find(','); comma != std::string::npos) {
    const auto low = ParseNumber(std::string_view(text).substr(0, comma));
    const auto high = ParseNumber(std::string_view(text).substr(comma + 1));
    if (low && high && *low < *high && std::isfinite(*high - *low))
      return WindowChoice{text, std::array{*low, *high}};
  }
  return InvalidArgumentError(Concat("window \"", text, "\" is none of ct, mr, minmax or LO,HI"));
}

std::string KnownModality(const std::string& modality, std::span<const float> voxels) {
  if (modality == "CT" || modality == "MR") return modality;
  if (!modality.empty()) return "OT";
  return !voxels.empty() && LeastAndGreatest(voxels)[0] < -500 ? "CT" : "OT";
}

std::string WindowName(const std::optional<WindowChoice>& choice, const std::string& modality) {
  return choice ? choice->name : modality == "CT" ? "ct" : "mr";
}

OrRejection<IntensityWindow> ChooseWindow(const std::optional<WindowChoice>& choice,
                                          const std::string& modality,
                                          std::span<const float> voxels) {
  const auto [least, greatest] = voxels.empty() ? std::array{0.0, 0.0} : LeastAndGreatest(voxels);
  if (!(least < greatest)) {
    return Rejection{"CONSTANT", "all its voxels have one value: there is nothing in it"};
  }
  IntensityWindow window;
  window.name = WindowName(choice, modality);
  if (choice && choice->range) {
    window.range = *choice->range;
    return window;
  }
  if (window.name == "ct") {
    window.range = {-1024, 1024};
    return window;
  }
  window.range = window.name == "mr" ? MrRange(voxels) : std::array{least, greatest};
  return window;
}

void ApplyWindow(const IntensityWindow& window, std::vector<float>& voxels) {
  const double low = window.range[0], width = window.range[1] - window.range[0];
  for (float& voxel : voxels) {
    voxel = static_cast<float>(std::clamp((static_cast<double>(voxel) - low) / width, 0.0, 1.0));
  }
}

}  // namespace gvsl::data_loader
