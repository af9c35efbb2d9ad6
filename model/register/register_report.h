// What gvsl-register found, for people and for machines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/status.h"
#include "data_loader/dataset.h"

namespace gvsl::model {

struct RegisteredPair {
  std::uint32_t a = 0;  // fixed, index into the dataset's volumes
  std::uint32_t b = 0;  // moving
  std::string a_id;
  std::string b_id;
  // Mean over the voxels of the squared correlation in windows of 9^3 (losses.h), 0 to 1.
  double ncc_before = 0;
  double ncc_after = 0;
  // Mean Dice over the labels of the fixed one (metrics/overlap.h), 0 where it is all background.
  // Absent where one of the two has no label map.
  std::optional<double> dsc_before;
  std::optional<double> dsc_after;
};

struct BeforeAfter {
  double before = 0;  // means over pairs
  double after = 0;
  double gain = 0;
  double gain_spread = 0;  // standard error of the mean gain; 0 for one pair
};

struct RegisterSummary {
  std::optional<BeforeAfter> dsc;  // of the pairs that have labels; absent where none has
  BeforeAfter ncc;
};

// Up to `count` distinct ordered pairs of volumes of different subjects, drawn from `seed`: of
// labelled ones, where there are two, else of all. FAILED_PRECONDITION when there is no pair.
StatusOr<std::vector<RegisteredPair>> DrawPairs(const data_loader::DatasetManifest& manifest,
                                                std::size_t count, std::uint64_t seed);

RegisterSummary Summarize(const std::vector<RegisteredPair>& pairs);

// {pairs: [{a, b, a_id, b_id, ncc_before, ncc_after, dsc_before, dsc_after}], ncc_before,
// ncc_after, ncc_gain, ncc_gain_spread, and the same four of dsc; null where there are no labels}
std::string ToJson(const std::vector<RegisteredPair>& pairs);
std::string ToTable(const std::vector<RegisteredPair>& pairs);

}  // namespace gvsl::model
