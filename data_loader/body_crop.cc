#include "data_loader/body_crop.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "data_loader/geometry.h"

namespace gvsl::data_loader {
namespace {

using Extent = std::array<std::int64_t, 3>;
using Mask = std::vector<std::uint8_t>;

constexpr double kBodyHu = -500;
constexpr double kBright = 0.2;       // from dark to bright
constexpr double kThinnest = 6;       // mm
constexpr double kLeastPiece = 0.02;  // of the largest one
constexpr double kBoard = 20;         // mm
constexpr double kBroad = 12;         // times as thick
constexpr double kLeastBody = 0.01;   // of all voxels
constexpr std::size_t kBins = 512;

double VoxelsIn(const VoxelBox& box) {
  double voxels = 1;
  for (int axis = 0; axis < 3; ++axis) {
    voxels *= static_cast<double>(box.end[axis] - box.begin[axis]);
  }
  return voxels;
}

struct Histogram {
  float least = 0;
  double width = 0;  // of a bin
  std::array<std::uint64_t, kBins> counts{};

  double CentreOf(std::size_t bin) const {
    return least + width * (static_cast<double>(bin) + 0.5);
  }
  // From `begin` to before `end`; the middle of the bin that has it.
  double Median(std::size_t begin, std::size_t end) const {
    std::uint64_t all = 0, seen = 0;
    for (std::size_t bin = begin; bin < end; ++bin) all += counts[bin];
    for (std::size_t bin = begin; bin < end; ++bin) {
      seen += counts[bin];
      if (2 * seen >= all) return CentreOf(bin);
    }
    return CentreOf(begin);
  }
};

// From the least to the greatest voxel but for the brightest thousandth, which joins the last bin:
// a few extreme voxels would leave one bin to all others.
Histogram HistogramOf(const std::vector<float>& voxels) {
  std::vector<float> sample;
  const std::size_t step = std::max<std::size_t>(1, voxels.size() / 100'000);
  for (std::size_t i = 0; i < voxels.size(); i += step) sample.push_back(voxels[i]);
  const auto top =
      sample.begin() + static_cast<std::ptrdiff_t>(sample.size() - 1 - sample.size() / 1000);
  std::nth_element(sample.begin(), top, sample.end());
  Histogram histogram;
  histogram.least = *std::min_element(voxels.begin(), voxels.end());
  histogram.width = (static_cast<double>(*top) - histogram.least) / kBins;
  if (!(histogram.width > 0)) return histogram;
  for (const float voxel : voxels) {
    const double bin = (voxel - histogram.least) / histogram.width;
    ++histogram.counts[std::min(static_cast<std::size_t>(bin), kBins - 1)];
  }
  return histogram;
}

// The bin before which the two classes differ most.
std::size_t OtsuSplit(const Histogram& histogram) {
  double all = 0, sum = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    all += static_cast<double>(histogram.counts[bin]);
    sum += static_cast<double>(histogram.counts[bin]) * static_cast<double>(bin);
  }
  double below = 0, sum_below = 0, best = 0;
  std::size_t split = kBins;
  for (std::size_t bin = 0; bin + 1 < kBins; ++bin) {
    below += static_cast<double>(histogram.counts[bin]);
    sum_below += static_cast<double>(histogram.counts[bin]) * static_cast<double>(bin);
    if (below == 0 || below == all) continue;
    const double apart = sum_below / below - (sum - sum_below) / (all - below);
    const double between = below * (all - below) * apart * apart;
    if (between > best) {
      best = between;
      split = bin + 1;
    }
  }
  return split;
}

std::optional<double> Threshold(const Image& image, const std::string& modality) {
  if (modality == "CT") return kBodyHu;
  const Histogram histogram = HistogramOf(image.voxels);
  if (!(histogram.width > 0)) return std::nullopt;
  const std::size_t split = OtsuSplit(histogram);
  if (split == kBins) return std::nullopt;
  const double dark = histogram.Median(0, split), bright = histogram.Median(split, kBins);
  return dark + kBright * (bright - dark);
}

// Voxels whose neighbours along the axis, up to `radius` on both sides, are all set; beyond the
// border lies what is at it.
void ErodeAlong(int axis, std::int64_t radius, const Extent& size, Mask& mask) {
  if (radius == 0) return;
  const std::int64_t length = size[axis];
  const std::int64_t stride = axis == 2 ? 1 : axis == 1 ? size[2] : size[1] * size[2];
  std::vector<std::uint8_t> eroded(static_cast<std::size_t>(length));
  for (std::size_t first = 0; first < mask.size(); ++first) {
    if (static_cast<std::int64_t>(first) / stride % length != 0) continue;
    std::int64_t unset = -radius - 1;  // the last one
    const auto at = [&](std::int64_t i) -> std::uint8_t& {
      return mask[first + static_cast<std::size_t>(i * stride)];
    };
    for (std::int64_t i = 0; i < length + radius; ++i) {
      if (i < length && at(i) == 0) unset = i;
      const std::int64_t centre = i - radius;
      if (centre >= 0) eroded[static_cast<std::size_t>(centre)] = unset < centre - radius ? 1 : 0;
    }
    for (std::int64_t i = 0; i < length; ++i) at(i) = eroded[static_cast<std::size_t>(i)];
  }
}

struct Piece {
  std::uint64_t voxels = 0;
  std::uint64_t columns = 0;  // from back to front, that have any of it
  VoxelBox box;
};

// Pieces whose voxels share faces; takes the mask apart.
class Pieces {
 public:
  Pieces(const Extent& size, Mask mask)
      : size_(size),
        mask_(std::move(mask)),
        columns_(static_cast<std::size_t>(size[0] * size[2])) {}

  std::vector<Piece> Find() {
    std::vector<Piece> pieces;
    for (std::size_t first = 0; first < mask_.size(); ++first) {
      if (mask_[first] != 0) pieces.push_back(Flood(first));
    }
    return pieces;
  }

 private:
  Piece Flood(std::size_t first) {
    Piece piece;
    piece.box = {size_, {0, 0, 0}};
    ++number_;
    mask_[first] = 0;
    open_.assign(1, first);
    while (!open_.empty()) {
      const std::size_t index = open_.back();
      open_.pop_back();
      const Extent at = PlaceOf(index);
      ++piece.voxels;
      auto& column = columns_[static_cast<std::size_t>(at[0] * size_[2] + at[2])];
      if (column != number_) ++piece.columns;
      column = number_;
      for (int axis = 0; axis < 3; ++axis) {
        piece.box.begin[axis] = std::min(piece.box.begin[axis], at[axis]);
        piece.box.end[axis] = std::max(piece.box.end[axis], at[axis] + 1);
      }
      OpenNeighbours(index, at);
    }
    return piece;
  }

  Extent PlaceOf(std::size_t index) const {
    const auto i = static_cast<std::int64_t>(index);
    return {i / (size_[1] * size_[2]), i / size_[2] % size_[1], i % size_[2]};
  }

  void OpenNeighbours(std::size_t index, const Extent& at) {
    const Extent strides = {size_[1] * size_[2], size_[2], 1};
    for (int axis = 0; axis < 3; ++axis) {
      const auto stride = static_cast<std::size_t>(strides[axis]);
      if (at[axis] > 0) Open(index - stride);
      if (at[axis] + 1 < size_[axis]) Open(index + stride);
    }
  }

  void Open(std::size_t index) {
    if (mask_[index] == 0) return;
    mask_[index] = 0;
    open_.push_back(index);
  }

  Extent size_;
  Mask mask_;
  std::vector<std::uint32_t> columns_;  // which piece each has last been seen in
  std::uint32_t number_ = 0;
  std::vector<std::size_t> open_;
};

// Thin from back to front, and broad. Erosion has taken the radius from all sides.
bool IsBoard(const Piece& piece, const Extent& radius, const std::array<double, 3>& spacing) {
  const double eroded = static_cast<double>(piece.voxels) / static_cast<double>(piece.columns);
  const double thickness = (eroded + 2 * static_cast<double>(radius[1])) * spacing[1];
  const auto extent = [&](int axis) {
    const std::int64_t voxels = piece.box.end[axis] - piece.box.begin[axis] + 2 * radius[axis];
    return static_cast<double>(voxels) * spacing[axis];
  };
  return thickness < kBoard && std::max(extent(0), extent(2)) > kBroad * thickness;
}

void Join(const VoxelBox& more, VoxelBox& box) {
  for (int axis = 0; axis < 3; ++axis) {
    box.begin[axis] = std::min(box.begin[axis], more.begin[axis]);
    box.end[axis] = std::max(box.end[axis], more.end[axis]);
  }
}

VoxelBox Widened(VoxelBox box, const Extent& by, const Extent& size) {
  for (int axis = 0; axis < 3; ++axis) {
    box.begin[axis] = std::max<std::int64_t>(0, box.begin[axis] - by[axis]);
    box.end[axis] = std::min(size[axis], box.end[axis] + by[axis]);
  }
  return box;
}

template <typename T>
std::vector<T> Cut(const std::vector<T>& values, const Extent& size, const VoxelBox& box) {
  std::vector<T> cut;
  cut.reserve(static_cast<std::size_t>(VoxelsIn(box)));
  for (std::int64_t z = box.begin[0]; z < box.end[0]; ++z) {
    for (std::int64_t y = box.begin[1]; y < box.end[1]; ++y) {
      const auto row = values.begin() + (z * size[1] + y) * size[2];
      cut.insert(cut.end(), row + box.begin[2], row + box.end[2]);
    }
  }
  return cut;
}

}  // namespace

std::optional<VoxelBox> FindBody(const Image& image, const std::string& modality, double margin) {
  const auto threshold = Threshold(image, modality);
  if (!threshold) return std::nullopt;
  const Extent& size = image.grid.size;
  Mask mask(image.voxels.size());
  std::ranges::transform(image.voxels, mask.begin(), [&](float voxel) {
    return static_cast<std::uint8_t>(voxel > *threshold);
  });
  Extent radius{}, around{};
  for (int axis = 0; axis < 3; ++axis) {
    radius[axis] = std::llround(kThinnest / 2 / image.grid.spacing[axis]);
    around[axis] = radius[axis] + std::llround(std::ceil(margin / image.grid.spacing[axis]));
    ErodeAlong(axis, radius[axis], size, mask);
  }
  std::vector<Piece> pieces = Pieces(size, std::move(mask)).Find();
  std::erase_if(pieces,
                [&](const Piece& piece) { return IsBoard(piece, radius, image.grid.spacing); });
  const auto largest = std::ranges::max_element(pieces, {}, &Piece::voxels);
  if (largest == pieces.end()) return std::nullopt;
  VoxelBox box = largest->box;
  for (const Piece& piece : pieces) {
    const double share = static_cast<double>(piece.voxels) / static_cast<double>(largest->voxels);
    if (share >= kLeastPiece) Join(piece.box, box);
  }
  if (VoxelsIn(box) < kLeastBody * static_cast<double>(image.voxels.size())) return std::nullopt;
  return Widened(box, around, size);
}

VoxelBox WithLabels(const VoxelBox& box, const std::array<std::int64_t, 3>& size,
                    std::span<const std::int32_t> labels) {
  VoxelBox joined = box;
  std::size_t index = 0;
  for (std::int64_t z = 0; z < size[0]; ++z) {
    for (std::int64_t y = 0; y < size[1]; ++y) {
      for (std::int64_t x = 0; x < size[2]; ++x, ++index) {
        if (labels[index] != 0) Join({{z, y, x}, {z + 1, y + 1, x + 1}}, joined);
      }
    }
  }
  return joined;
}

void CropTo(const VoxelBox& box, NewVolume& volume) {
  const Extent whole = volume.grid.size;
  if (box == VoxelBox{{0, 0, 0}, whole}) return;
  volume.voxels = Cut(volume.voxels, whole, box);
  if (volume.labels) volume.labels = Cut(*volume.labels, whole, box);
  for (int axis = 0; axis < 3; ++axis) volume.grid.size[axis] = box.end[axis] - box.begin[axis];
  const Vector3 first = {static_cast<double>(box.begin[2]), static_cast<double>(box.begin[1]),
                         static_cast<double>(box.begin[0])};
  SetColumn(volume.grid.to_ras, 3, Apply(volume.grid.to_ras, first));
  volume.cut = CutOut{box.begin, whole};
}

}  // namespace gvsl::data_loader
