// How a downstream task got on. Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gvsl::model {

struct Curve {
  std::string score;  // dsc, auc, ncc: greater is better; empty for what is never evaluated
  std::vector<std::pair<std::uint64_t, double>> points;  // step and score of the validation part
  std::uint64_t best_step = 0;  // of the greatest score, the latest of equals; 0 before the first
};

// By name: "dsc_mean", and "dsc.2" for that of class 2.
using Scores = std::map<std::string, double>;

}  // namespace gvsl::model
