#include "model/metrics/distance_transform.h"

#include <limits>

namespace gvsl::model {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// (x - position)^2 + height, the lowest parabola from x = `from` up to the next one's.
struct Parabola {
  double position = 0;
  double height = 0;
  double from = -kInfinity;
};

// Where the right one gets below the left one.
double Crossing(const Parabola& left, const Parabola& right) {
  const double slope = (right.height - left.height) / (right.position - left.position);
  return (slope + left.position + right.position) / 2;
}

// One axis: each value of a line becomes the lowest parabola above its place.
class LineTransform {
 public:
  LineTransform(std::int64_t length, double spacing) : length_(length), spacing_(spacing) {}

  void Apply(double* first, std::int64_t stride) {
    envelope_.clear();
    for (std::int64_t i = 0; i < length_; ++i) {
      if (first[i * stride] < kInfinity) Add({Position(i), first[i * stride]});
    }
    if (!envelope_.empty()) Evaluate(first, stride);
  }

 private:
  double Position(std::int64_t i) const { return static_cast<double>(i) * spacing_; }

  void Add(Parabola parabola) {
    while (!envelope_.empty()) {
      parabola.from = Crossing(envelope_.back(), parabola);
      if (parabola.from > envelope_.back().from) break;
      envelope_.pop_back();
    }
    envelope_.push_back(parabola);
  }

  void Evaluate(double* first, std::int64_t stride) const {
    std::size_t lowest = 0;
    for (std::int64_t i = 0; i < length_; ++i) {
      const double x = Position(i);
      while (lowest + 1 < envelope_.size() && envelope_[lowest + 1].from <= x) ++lowest;
      const double offset = x - envelope_[lowest].position;
      first[i * stride] = offset * offset + envelope_[lowest].height;
    }
  }

  std::int64_t length_;
  double spacing_;
  std::vector<Parabola> envelope_;
};

}  // namespace

std::vector<double> SquaredDistances(const Mask& mask, const VoxelGrid& grid) {
  std::vector<double> distances(mask.size());
  for (std::size_t i = 0; i < mask.size(); ++i) distances[i] = mask[i] != 0 ? 0 : kInfinity;
  const std::array<std::int64_t, 3> strides = {grid.size[1] * grid.size[2], grid.size[2], 1};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    LineTransform line(grid.size[axis], grid.spacing[axis]);
    const std::int64_t block = grid.size[axis] * strides[axis];
    for (std::size_t start = 0; start < distances.size(); start += block) {
      for (std::int64_t i = 0; i < strides[axis]; ++i) {
        line.Apply(distances.data() + start + i, strides[axis]);
      }
    }
  }
  return distances;
}

}  // namespace gvsl::model
