#include "data_loader/label_index.h"

#include "common/text.h"
#include "data_loader/nifti_file.h"

namespace gvsl::data_loader {

LabelIndex::LabelIndex(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (const std::string stem = NiftiStem(file); !stem.empty()) by_stem_[stem].push_back(file);
  }
}

OrRejection<std::string> LabelIndex::Find(const std::string& stem) {
  const auto found = by_stem_.find(stem);
  if (found == by_stem_.end()) return std::string();
  asked_.insert(stem);
  if (found->second.size() > 1) {
    return Rejection{"LABEL_AMBIGUOUS",
                     Concat(found->second.size(), " label maps have this image's stem; keep one")};
  }
  return found->second.front();
}

std::vector<std::string> LabelIndex::Unused() const {
  std::vector<std::string> unused;
  for (const auto& [stem, files] : by_stem_) {
    if (!asked_.contains(stem)) unused.insert(unused.end(), files.begin(), files.end());
  }
  return unused;
}

}  // namespace gvsl::data_loader
