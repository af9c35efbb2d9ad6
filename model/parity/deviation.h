// How far a value is from the golden one, and how far it may be.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace gvsl::model {

struct Deviation {
  std::string where;  // the file without its ending: "main_corrected", "functions"; or "index"
  std::string quantity;
  double deviation = 0;
  double bound = 0;
  // Not a number is no agreement.
  bool holds() const { return deviation <= bound; }
};

using Deviations = std::vector<Deviation>;

// |value - expected| / |expected|, in float64; |value| where nothing is expected. Infinite for
// another shape.
double RelativeL2(const at::Tensor& value, const at::Tensor& expected);
double LargestDifference(const at::Tensor& value, const at::Tensor& expected);

// The larger one; not a number is larger than any.
double Worse(double a, double b);

// Lines "case  quantity  deviation  bound", a mark at each miss.
std::string ToTable(const Deviations& deviations);
// One object {"case", "quantity", "deviation", "bound"} a line; a deviation that is no number is
// null.
std::string ToJsonLines(const Deviations& deviations);

}  // namespace gvsl::model
