#include "data_loader/series_assembly.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/text.h"
#include "data_loader/geometry.h"
#include "data_loader/volume_limits.h"

namespace gvsl::data_loader {
namespace {

constexpr double kSameSpot = 0.1;     // of a pixel, or of a step
constexpr double kMostUneven = 1.8;   // times the shortest step, where steps of one length follow
constexpr double kMostJitter = 1.25;  // each other; and where they do not

bool SameSize(const SliceGeometry& a, const SliceGeometry& b) {
  return a.rows == b.rows && a.columns == b.columns;
}

bool SameOrientation(const SliceGeometry& a, const SliceGeometry& b, const Tolerance& tolerance) {
  for (int i = 0; i < 6; ++i) {
    if (std::abs(a.orientation[i] - b.orientation[i]) > tolerance.direction) return false;
  }
  return true;
}

bool SamePixelSpacing(const SliceGeometry& a, const SliceGeometry& b, const Tolerance& tolerance) {
  for (int i = 0; i < 2; ++i) {
    if (std::abs(a.pixel_spacing[i] - b.pixel_spacing[i]) > tolerance.spacing * b.pixel_spacing[i])
      return false;
  }
  return true;
}

Rejection CheckAlike(const std::vector<SliceGeometry>& slices) {
  const auto all_like_first = [&](auto alike) {
    return std::all_of(slices.begin(), slices.end(),
                       [&](const SliceGeometry& slice) { return alike(slice, slices[0]); });
  };
  if (!all_like_first(SameSize)) {
    return {"MIXED_SIZES", "its slices have different numbers of pixels; split the series"};
  }
  if (!all_like_first([](const auto& a, const auto& b) { return SameOrientation(a, b, {}); })) {
    return {"MIXED_ORIENTATION",
            "its slices lie in different directions, as in a localizer; split the series"};
  }
  if (!all_like_first([](const auto& a, const auto& b) { return SamePixelSpacing(a, b, {}); })) {
    return {"MIXED_PIXEL_SPACING", "its slices have pixels of different sizes; split the series"};
  }
  return {};
}

// How far a position may be off because a header rounds it: mm. Never as much as a step.
double Rounding(double step) { return std::min(0.01, 0.2 * step); }

bool AreSame(double a, double b) { return std::abs(a - b) <= 0.02 * b + Rounding(b); }

// How many steps of one length follow each other, at the least.
std::size_t ShortestRun(const std::vector<double>& steps) {
  std::size_t shortest = steps.size(), run = 1;
  for (std::size_t i = 1; i <= steps.size(); ++i) {
    if (i < steps.size() && AreSame(steps[i], steps[i - 1])) {
      ++run;
      continue;
    }
    shortest = std::min(shortest, run);
    run = 1;
  }
  return shortest;
}

// Two stacks of even steps, one between the other's slices.
bool AreInterleaved(const std::vector<double>& steps) {
  for (std::size_t i = 2; i < steps.size(); ++i) {
    if (!AreSame(steps[i] + steps[i - 1], steps[0] + steps[1])) return false;
  }
  return steps.size() > 2;
}

// Not so uneven that a slice may be another's, or lie elsewhere than it says.
bool AreAlmostEven(const std::vector<double>& steps) {
  const auto [shortest, longest] = std::ranges::minmax(steps);
  if (longest <= kMostJitter * shortest) return !AreInterleaved(steps);
  return longest <= kMostUneven * shortest && ShortestRun(steps) > 1;
}

struct Steps {
  bool are_even = true;
  Rejection problem;
};

bool IsMultiple(double times) { return std::abs(times - std::round(times)) < 0.1; }

// Whether all are whole numbers of the shortest: most may be gaps.
bool AreMultiples(const std::vector<double>& steps, double shortest) {
  return std::ranges::all_of(steps, [&](double step) { return IsMultiple(step / shortest); });
}

Rejection FindGap(const std::vector<double>& steps, double usual) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const double times = steps[i] / usual;
    if (times > 1.5 && IsMultiple(times)) {
      return {"MISSING_SLICE",
              Concat(std::lround(times) == 2 ? "1 slice is"
                                             : Concat(std::round(times) - 1, " slices are"),
                     " missing after slice ", i + 1, " of ", steps.size() + 1,
                     "; export the series again")};
    }
  }
  return {};
}

// Steps that differ too little to be seen one by one may add up to slices that lie far from where
// even steps put them.
bool LieOnEvenSteps(const std::vector<double>& places) {
  const double step = (places.back() - places.front()) / static_cast<double>(places.size() - 1);
  const double tolerance = kSameSpot * step + Rounding(step);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const double even = places.front() + static_cast<double>(i) * step;
    if (std::abs(places[i] - even) > tolerance) return false;
  }
  return true;
}

Steps JudgeSteps(const std::vector<double>& places) {
  std::vector<double> steps(places.size() - 1);
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = places[i + 1] - places[i];
  std::vector<double> sorted = steps;
  std::sort(sorted.begin(), sorted.end());
  const double step = sorted[(sorted.size() - 1) / 2];
  // Where most tremble about places that they share, the few others tell how far a step is.
  const double apart = step < 0.01 ? 0.002 * sorted.back() : 0;
  const double least = std::max({0.01 * step, apart, 1e-5});
  const auto same = std::count_if(steps.begin(), steps.end(), [&](double s) { return s < least; });
  if (same > 0) {
    return {false,
            {"DUPLICATE_POSITION",
             Concat(same + 1, " or more of its ", places.size(),
                    " slices lie at one place, as in a time series or a bolus monitor; split it")}};
  }
  const auto other = std::ranges::find_if(steps, [&](double s) { return !AreSame(s, step); });
  if (other == steps.end()) return {LieOnEvenSteps(places), {}};
  const double usual = AreMultiples(steps, sorted.front()) ? sorted.front() : step;
  if (Rejection found = FindGap(steps, usual); !found.code.empty()) return {false, found};
  if (AreAlmostEven(steps)) return {false, {}};
  const auto at = other - steps.begin();
  return {
      false,
      {"UNEVEN_SPACING", Concat("slices ", at + 1, " and ", at + 2, " are ", *other,
                                " mm apart, others ", step, " mm; export it with even spacing")}};
}

// What of `vector` lies in the plane across `normal`.
Vector3 InPlane(const Vector3& vector, const Vector3& normal) {
  return Subtract(vector, Scale(normal, Dot(vector, normal)));
}

// The first pixels of all slices must lie on one line, whose mean step is `step`.
Rejection CheckLine(const std::vector<SliceGeometry>& slices, const std::vector<std::size_t>& order,
                    const Vector3& normal, const Vector3& step) {
  const SliceGeometry& first = slices[order.front()];
  const double pixel = std::min(first.pixel_spacing[0], first.pixel_spacing[1]);
  const double tolerance = std::max(kSameSpot * pixel, 2 * Rounding(Dot(step, normal)));
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Vector3 from_first = Subtract(slices[order[i]].position, first.position);
    const double steps = Dot(from_first, normal) / Dot(step, normal);
    const Vector3 off = InPlane(Subtract(from_first, Scale(step, steps)), normal);
    if (Length(off) > tolerance) {
      return {"SHIFTED_SLICES",
              Concat("slice ", i + 1, " of ", order.size(), " lies ", Length(off),
                     " mm beside the line of the others; export the series again")};
    }
  }
  if (Length(InPlane(step, normal)) > Dot(step, normal)) {
    return {"GANTRY_TILT",
            "its slices lie further beside each other than apart, which no gantry does; export "
            "the series again"};
  }
  return {};
}

}  // namespace

Vector3 RowDirection(const SliceGeometry& slice) {
  return {slice.orientation[0], slice.orientation[1], slice.orientation[2]};
}

Vector3 ColumnDirection(const SliceGeometry& slice) {
  return {slice.orientation[3], slice.orientation[4], slice.orientation[5]};
}

bool AreAlike(const SliceGeometry& a, const SliceGeometry& b, const Tolerance& tolerance) {
  return SameSize(a, b) && SameOrientation(a, b, tolerance) && SamePixelSpacing(a, b, tolerance);
}

bool IsPlausible(const SliceGeometry& slice) {
  const Vector3 row = RowDirection(slice), column = ColumnDirection(slice);
  const auto near = [](double place) { return std::abs(place) <= kFarthestOrigin; };
  const auto plausible = [](double spacing) {
    return spacing >= kShortestSpacing && spacing <= kLongestSpacing;
  };
  return std::abs(Length(row) - 1) < 0.01 && std::abs(Length(column) - 1) < 0.01 &&
         std::abs(Dot(row, column)) < 0.01 && slice.rows > 1 && slice.columns > 1 &&
         std::all_of(slice.position.begin(), slice.position.end(), near) &&
         std::all_of(slice.pixel_spacing.begin(), slice.pixel_spacing.end(), plausible);
}

OrRejection<SliceStack> AssembleSlices(const std::vector<SliceGeometry>& slices) {
  if (!std::all_of(slices.begin(), slices.end(), IsPlausible)) {
    return Rejection{"INVALID_GEOMETRY",
                     "its position, orientation or pixel spacing is impossible"};
  }
  if (Rejection rejection = CheckAlike(slices); !rejection.code.empty()) return rejection;
  if (slices.size() < kFewestSlices) {
    return Rejection{"TOO_FEW_SLICES", Concat("it has ", Plural(slices.size(), "slice"),
                                              "; a volume needs at least ", kFewestSlices)};
  }
  const SliceGeometry& first = slices[0];
  const Vector3 across = Cross(RowDirection(first), ColumnDirection(first));
  const Vector3 normal = Scale(across, 1 / Length(across));
  const auto place = [&](std::size_t i) { return Dot(slices[i].position, normal); };

  SliceStack stack;
  stack.order.resize(slices.size());
  std::iota(stack.order.begin(), stack.order.end(), std::size_t{0});
  std::stable_sort(stack.order.begin(), stack.order.end(),
                   [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
  std::vector<double> places;
  for (std::size_t i : stack.order) places.push_back(place(i));
  const Steps steps = JudgeSteps(places);
  if (!steps.problem.code.empty()) return steps.problem;

  const Vector3& begin = slices[stack.order.front()].position;
  const Vector3& end = slices[stack.order.back()].position;
  const Vector3 step = Scale(Subtract(end, begin), 1.0 / static_cast<double>(slices.size() - 1));
  if (Rejection found = CheckLine(slices, stack.order, normal, step); !found.code.empty()) {
    return found;
  }
  const double along = Dot(step, normal);
  stack.is_tilted = Length(InPlane(step, normal)) > 0.01 * along + Rounding(along);
  if (stack.is_tilted && !steps.are_even) {
    return Rejection{"UNEVEN_SPACING",
                     "its slices are not evenly apart, and shifted against each other; export it "
                     "with even spacing"};
  }
  if (!steps.are_even) {
    for (const double place_of_slice : places) {
      stack.uneven_places.push_back(place_of_slice - places.front());
    }
  }
  stack.size = {static_cast<std::int64_t>(slices.size()), first.rows, first.columns};
  SetColumn(stack.to_ras, 0, Scale(RowDirection(first), first.pixel_spacing[1]));
  SetColumn(stack.to_ras, 1, Scale(ColumnDirection(first), first.pixel_spacing[0]));
  SetColumn(stack.to_ras, 2, step);
  SetColumn(stack.to_ras, 3, begin);
  for (int row = 0; row < 2; ++row) {
    for (double& value : stack.to_ras[row]) value = value == 0 ? 0 : -value;  // LPS to RAS
  }
  return stack;
}

}  // namespace gvsl::data_loader
