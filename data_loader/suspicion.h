// Which volumes a person should look at first. Pure: from the manifest and the report alone.
#pragma once

#include <string>
#include <vector>

#include "data_loader/dataset_manifest.h"
#include "data_loader/report.h"

namespace gvsl::data_loader {

// Why a volume may be a bad one: a code in CAPITALS that stays the same, and a sentence.
struct Flag {
  std::string code;
  std::string reason;
};

struct Suspicion {
  double score = 0;  // the higher, the more suspicious
  std::vector<Flag> flags;
  std::vector<Rejection> warnings;  // of its ingestion
};

// By volume. Compared with the others of their modality (intensities: and window):
//  UNUSUAL_INTENSITIES  how voxels spread over 0..1, by the earth mover's distance to the median
//  UNUSUAL_EXTENT, UNUSUAL_SPACING  mm along an axis
// By themselves: NEARLY_EMPTY, CLIPPED, THICK_SLICES, FEW_SLICES, LABELS_EMPTY, LABELS_ALMOST_ALL,
// SAME_VOXELS. A volume without histogram or label counts is not judged by them.
std::vector<Suspicion> JudgeVolumes(const DatasetManifest& manifest, const IngestReport& report);

// By volume, its place when the most suspicious come first; ties in the manifest's order.
std::vector<std::uint32_t> RankBySuspicion(const std::vector<Suspicion>& suspicions);

}  // namespace gvsl::data_loader
