// A non-linear, rising map of intensities.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace gvsl::model {

// The cubic Bezier curve through (0,0) and (1,1) with the inner control points (x1,y1), (x2,y2) in
// the unit square, taken at 100,000 even parameters, both coordinates sorted each for itself, y(x)
// by linear interpolation. Immutable.
class IntensityCurve {
 public:
  explicit IntensityCurve(const std::array<double, 4>& x1_y1_x2_y2);
  // Constant beyond [0, 1]; a NaN becomes 0.
  double At(double x) const;

 private:
  std::vector<double> x_;
  std::vector<double> y_;
  std::vector<std::uint32_t> first_in_bin_;  // of equal bins of x: the first sample at or above
};

}  // namespace gvsl::model
