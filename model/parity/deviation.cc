#include "model/parity/deviation.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

namespace gvsl::model {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

at::Tensor Double(const at::Tensor& tensor) { return tensor.detach().to(at::kDouble); }

std::string Scientific(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%9.2e", value);
  return text;
}

}  // namespace

double RelativeL2(const at::Tensor& value, const at::Tensor& expected) {
  if (value.sizes() != expected.sizes()) return kInfinite;
  const at::Tensor wanted = Double(expected);
  const double scale = wanted.norm().item<double>();
  return (Double(value) - wanted).norm().item<double>() / (scale > 0 ? scale : 1);
}

double LargestDifference(const at::Tensor& value, const at::Tensor& expected) {
  if (value.sizes() != expected.sizes()) return kInfinite;
  return (Double(value) - Double(expected)).abs().max().item<double>();
}

double Worse(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return kInfinite;
  return std::max(a, b);
}

std::string ToTable(const Deviations& deviations) {
  std::size_t where = 4, quantity = 8;
  for (const Deviation& row : deviations) {
    where = std::max(where, row.where.size());
    quantity = std::max(quantity, row.quantity.size());
  }
  const auto padded = [](std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text + "  ";
  };
  std::string table =
      padded("case", where) + padded("quantity", quantity) + "deviation      bound\n";
  for (const Deviation& row : deviations) {
    table += padded(row.where, where) + padded(row.quantity, quantity) + Scientific(row.deviation) +
             "  " + Scientific(row.bound) + (row.holds() ? "" : "  MISSED") + "\n";
  }
  return table;
}

std::string ToJsonLines(const Deviations& deviations) {
  std::string text;
  for (const Deviation& row : deviations) {
    const nlohmann::ordered_json object = {{"case", row.where},
                                           {"quantity", row.quantity},
                                           {"deviation", row.deviation},
                                           {"bound", row.bound}};
    text += object.dump() + "\n";
  }
  return text;
}

}  // namespace gvsl::model
