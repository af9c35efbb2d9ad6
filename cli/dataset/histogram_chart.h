// Histograms as SVG that stands in a page by itself. Pure.
#pragma once

#include <string>

#include "data_loader/intensity_histogram.h"

namespace gvsl::cli::dataset {

// Bars as high as the square root of their share, so that air does not hide tissue, relative to the
// highest. Empty without voxels.
std::string HistogramChart(const data_loader::IntensityHistogram& histogram);

}  // namespace gvsl::cli::dataset
