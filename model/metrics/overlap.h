// How well two label maps agree, class by class. A label map is the labels of a grid's voxels; two
// maps are of one grid, so of one length. 0 is the background, which no mean counts. Pure
// functions, safe from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "common/status.h"

namespace gvsl::model {

// How many voxels carry one label.
struct LabelOverlap {
  std::int64_t prediction = 0;
  std::int64_t truth = 0;
  std::int64_t both = 0;
};

// The overlap of every label but 0 that occurs in at least one of the maps, which have one length.
std::map<std::int32_t, LabelOverlap> CountOverlap(std::span<const std::int32_t> prediction,
                                                  std::span<const std::int32_t> truth);

// The hard Dice coefficient 2|P and G| / (|P| + |G| + 1e-6), in [0, 1], as GVSL's released
// evaluation computes it.
double Dice(const LabelOverlap& overlap);

// Element k is the Dice of class k + 1; absent where neither map has the class, for there is
// nothing to agree about.
using ForegroundDice = std::vector<std::optional<double>>;

// Of the classes 1 to classes - 1. INVALID_ARGUMENT where the maps differ in length, or hold a
// label outside 0 to classes - 1.
StatusOr<ForegroundDice> MeasureForegroundDice(std::span<const std::int32_t> prediction,
                                               std::span<const std::int32_t> truth,
                                               std::int32_t classes);

// The mean over the classes that are present; absent where none is. A class that one map alone has
// counts as 0. The released evaluation counts absent classes as 0 too, which lowers the score of a
// case whose truth lacks one, however it is segmented.
std::optional<double> MeanDice(const ForegroundDice& dice);

// The mean over the labels but 0 of `truth`, whichever they are; absent where it has none. What
// only the other map has does not count, so that the means before and after it was moved are over
// the same labels. The maps have one length.
std::optional<double> MeanDiceOfTrueLabels(std::span<const std::int32_t> prediction,
                                           std::span<const std::int32_t> truth);

}  // namespace gvsl::model
