#include "data_loader/storage_contexts.h"

#include <algorithm>
#include <array>

namespace gvsl::data_loader {
namespace {

using Names = std::vector<std::string>;

// Below 1.2.840.10008.5.1.4.1.1.
const Names& Classes(std::string_view modality) {
  static const Names ct{"2", "2.1", "2.2"};      // CT, enhanced, legacy converted
  static const Names mr{"4", "4.1", "4.4"};      // MR likewise
  static const Names pt{"128", "130", "128.1"};  // PET likewise
  // Nuclear medicine, angiography in two and three dimensions, breast tomosynthesis.
  static const Names others{"20", "12.1", "13.1.1", "13.1.2", "13.1.3"};
  if (modality == "CT") return ct;
  if (modality == "MR") return mr;
  if (modality == "PT") return pt;
  return others;
}

// What scanners and workstations derive from any of them: secondary captures.
constexpr std::array kAnywhere{"7", "7.2", "7.3"};

// Below 1.2.840.10008.1.2.; the uncompressed ones make up the context before these.
constexpr std::array kCompressed{"4.50", "4.51", "4.57", "4.70",  "4.80",  "4.81", "4.90",
                                 "4.91", "5",    "1.99", "4.201", "4.202", "4.203"};

void AddContexts(const std::string& sop_class, std::vector<PresentationContext>& contexts) {
  contexts.push_back({sop_class, {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2"}});
  for (const std::string coding : kCompressed) {
    contexts.push_back({sop_class, {"1.2.840.10008.1.2." + coding}});
  }
}

}  // namespace

std::vector<PresentationContext> StorageContexts(std::string_view modality) {
  const std::string root = "1.2.840.10008.5.1.4.1.1.";
  std::vector<PresentationContext> contexts;
  for (const std::string& sop_class : Classes(modality)) AddContexts(root + sop_class, contexts);
  for (const std::string sop_class : kAnywhere) AddContexts(root + sop_class, contexts);
  return contexts;
}

bool HoldsImages(std::string_view modality) {
  constexpr std::array kWithout{"SR",   "RTSTRUCT", "RTPLAN", "RTDOSE", "RTRECORD",
                                "SEG",  "REG",      "PR",     "KO",     "DOC",
                                "PLAN", "ECG",      "HD",     "EPS",    "FID",
                                "RWV",  "SMR",      "AU",     "STAIN",  "TEXTUREMAP"};
  return std::find(kWithout.begin(), kWithout.end(), modality) == kWithout.end();
}

}  // namespace gvsl::data_loader
