// Which label map belongs to which image: by file stem.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

class LabelIndex {
 public:
  // `files` under the folder of labels; those that are not NIfTI are passed over.
  explicit LabelIndex(const std::vector<std::string>& files);

  // The map for an image; empty code and empty path when there is none. LABEL_AMBIGUOUS when
  // several have the stem.
  OrRejection<std::string> Find(const std::string& stem);
  // Maps whose stem no image asked for, and further maps of one stem.
  std::vector<std::string> Unused() const;

 private:
  std::map<std::string, std::vector<std::string>> by_stem_;
  std::set<std::string> asked_;
};

}  // namespace gvsl::data_loader
