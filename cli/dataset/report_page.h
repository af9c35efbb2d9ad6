// The page that shows a dataset: one HTML file that needs nothing else. It is written piece by
// piece, head, cards in any order, foot, for it may be larger than memory. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/dataset/volume_card.h"
#include "data_loader/dataset_summary.h"
#include "data_loader/suspicion.h"

namespace gvsl::cli::dataset {

// Counts, distributions, histograms, what was rejected and what to do, and how the cards are read.
std::string PageHead(const data_loader::DatasetSummary& summary,
                     const std::vector<data_loader::Suspicion>& suspicions, const Sources& sources);
// `damaged`: the names of the shards that could not be read.
std::string PageFoot(const std::vector<std::string>& damaged, std::size_t damaged_volumes);

}  // namespace gvsl::cli::dataset
