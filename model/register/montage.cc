#include "model/register/montage.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <vector>

namespace gvsl::model {
namespace {

constexpr int kTilePixelsWanted = 260;
constexpr int kGap = 4;
constexpr int kTitleHeight = 12;
constexpr std::array<std::string_view, 6> kTitles = {"FIXED", "MOVING", "WARPED",
                                                     "GRID",  "BEFORE", "AFTER"};

// A slice across `normal`: pixels run along `across` to the right and along `up` upwards.
struct Plane {
  int normal;
  int up;
  int across;
};
constexpr std::array<Plane, 3> kPlanes = {Plane{0, 1, 2}, Plane{1, 0, 2}, Plane{2, 0, 1}};

// Values between the voxels of the middle slice, bilinear.
class SliceView {
 public:
  SliceView(std::span<const float> volume, const std::array<std::int64_t, 3>& size,
            const Plane& plane)
      : volume_(volume), size_(size), plane_(plane) {}

  double At(double up, double across) const {
    const double u = std::clamp(up, 0.0, static_cast<double>(size_[plane_.up] - 1));
    const double a = std::clamp(across, 0.0, static_cast<double>(size_[plane_.across] - 1));
    const auto u0 = static_cast<std::int64_t>(u);
    const auto a0 = static_cast<std::int64_t>(a);
    const double fu = u - static_cast<double>(u0);
    const double fa = a - static_cast<double>(a0);
    const double low = (1 - fa) * Voxel(u0, a0) + fa * Voxel(u0, a0 + 1);
    const double high = (1 - fa) * Voxel(u0 + 1, a0) + fa * Voxel(u0 + 1, a0 + 1);
    return (1 - fu) * low + fu * high;
  }

 private:
  double Voxel(std::int64_t up, std::int64_t across) const {
    std::array<std::int64_t, 3> i{};
    i[plane_.normal] = size_[plane_.normal] / 2;
    i[plane_.up] = std::min(up, size_[plane_.up] - 1);
    i[plane_.across] = std::min(across, size_[plane_.across] - 1);
    return volume_[(i[0] * size_[1] + i[1]) * size_[2] + i[2]];
  }

  std::span<const float> volume_;
  std::array<std::int64_t, 3> size_;
  Plane plane_;
};

std::int64_t Scale(const std::array<std::int64_t, 3>& size) {
  return std::max<std::int64_t>(1, kTilePixelsWanted / *std::max_element(size.begin(), size.end()));
}

using PixelValue = std::function<double(double up, double across)>;

GrayImage DrawTile(const MontageInput& input, const Plane& plane, const PixelValue& value) {
  const std::int64_t scale = Scale(input.size);
  const std::int64_t rows = input.size[plane.up] * scale;
  const std::int64_t columns = input.size[plane.across] * scale;
  GrayImage tile(static_cast<int>(columns), static_cast<int>(rows));
  const auto voxel = [scale](std::int64_t pixel) {
    return (static_cast<double>(pixel) + 0.5) / static_cast<double>(scale) - 0.5;
  };
  for (int y = 0; y < tile.height; ++y) {
    for (int x = 0; x < tile.width; ++x) {
      tile.At(x, y) = Gray(value(voxel(rows - 1 - y), voxel(x)));
    }
  }
  return tile;
}

// How near a coordinate is to a line of the grid, 1 on it and 0 beyond half a line's width.
double OnLine(double coordinate, double pitch, double width) {
  const double off = std::abs(coordinate - pitch * std::round(coordinate / pitch));
  return std::clamp(1.5 - 2 * off / width, 0.0, 1.0);
}

std::vector<GrayImage> DrawRow(const MontageInput& input, const Plane& plane) {
  const auto slice = [&](std::span<const float> volume) {
    return SliceView(volume, input.size, plane);
  };
  const std::size_t voxels = input.fixed.size();
  const SliceView fixed = slice(input.fixed);
  const SliceView moving = slice(input.moving);
  const SliceView warped = slice(input.warped);
  const SliceView along_up = slice(input.field.subspan(plane.up * voxels, voxels));
  const SliceView along_across = slice(input.field.subspan(plane.across * voxels, voxels));
  const double line = std::max(0.3, 1.6 / static_cast<double>(Scale(input.size)));
  const double pitch =
      std::max<double>(3, std::round(static_cast<double>(input.size[plane.across]) / 14));
  const auto grid = [&](double up, double across) {
    const double lines = std::max(OnLine(up + along_up.At(up, across), pitch, line),
                                  OnLine(across + along_across.At(up, across), pitch, line));
    return std::max(0.45 * warped.At(up, across), lines);
  };
  const auto difference = [&](const SliceView& other) {
    return [&](double up, double across) {
      return 0.5 + 0.7 * (other.At(up, across) - fixed.At(up, across));
    };
  };
  const auto plain = [](const SliceView& view) {
    return [&view](double up, double across) { return view.At(up, across); };
  };
  std::vector<GrayImage> tiles;
  for (const PixelValue& value :
       std::initializer_list<PixelValue>{plain(fixed), plain(moving), plain(warped), grid,
                                         difference(moving), difference(warped)}) {
    tiles.push_back(DrawTile(input, plane, value));
  }
  return tiles;
}

}  // namespace

GrayImage MakeMontage(const MontageInput& input) {
  std::vector<std::vector<GrayImage>> rows;
  int column_width = 40;
  int height = kTitleHeight;
  for (const Plane& plane : kPlanes) {
    rows.push_back(DrawRow(input, plane));
    column_width = std::max(column_width, rows.back().front().width);
    height += rows.back().front().height + kGap;
  }
  const int pitch = column_width + kGap;
  GrayImage montage(static_cast<int>(kTitles.size()) * pitch - kGap, height - kGap);
  int y = kTitleHeight;
  for (const std::vector<GrayImage>& row : rows) {
    for (int column = 0; column < static_cast<int>(row.size()); ++column) {
      Paste(row[column], column * pitch, y, montage);
    }
    y += row.front().height + kGap;
  }
  for (int column = 0; column < static_cast<int>(kTitles.size()); ++column) {
    DrawText(kTitles[column], column * pitch + 2, 2, montage);
  }
  return montage;
}

}  // namespace gvsl::model
