#include "deploy/demo/virtual_subjects/regions.h"

#include <algorithm>
#include <iterator>

namespace gvsl::demo {
namespace {

struct Lobe {
  std::int32_t last_label;  // labels go up to here from the lobe before
  std::int32_t left_region;
};

// In the atlas' order.
constexpr Lobe kLobes[] = {
    {28, 1},   // frontal
    {42, 9},   // insula, cingulum, hippocampus, amygdala: with the deep grey matter
    {54, 5},   // occipital
    {56, 7},   // fusiform: with temporal
    {70, 3},   // parietal
    {78, 9},   // caudate, putamen, pallidum, thalamus
    {90, 7},   // temporal
    {108, 11}  // cerebellum
};

}  // namespace

const std::vector<std::string>& RegionNames() {
  static const std::vector<std::string> names = {
      "frontal left",   "frontal right",   "parietal left",   "parietal right",
      "occipital left", "occipital right", "temporal left",   "temporal right",
      "deep left",      "deep right",      "cerebellum left", "cerebellum right"};
  return names;
}

std::int32_t RegionOfAal(std::int32_t label) {
  if (label < 1 || label > 108) return 0;
  const auto lobe = std::find_if(std::begin(kLobes), std::end(kLobes),
                                 [&](const Lobe& entry) { return label <= entry.last_label; });
  return lobe->left_region + (label % 2 == 0 ? 1 : 0);
}

}  // namespace gvsl::demo
