// How far one of many lies from the rest, whatever a few others do. Pure.
#pragma once

#include <vector>

#include "data_loader/intensity_histogram.h"

namespace gvsl::data_loader {

// One of the values, of an even number the lower; there must be one.
double Median(std::vector<double> values);

// How far each value lies from the median of all, in standard deviations as the median deviation
// estimates them, which is taken to be `floor` at least. All 0 with fewer than eight values, of
// which nothing can be said.
std::vector<double> RobustDistances(const std::vector<double>& values, double floor);

// By histogram, the earth mover's distance to the median of all (of their cumulated shares, bin by
// bin): the part of 0..1 by which its voxels would have to be moved on average.
std::vector<double> DistancesToMedian(const std::vector<IntensityHistogram>& histograms);

}  // namespace gvsl::data_loader
