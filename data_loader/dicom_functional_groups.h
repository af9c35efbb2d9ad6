// What an enhanced object says of one frame, or of all of them (DICOM PS3.3 C.7.6.16). For
// dicom_*.cc alone.
#pragma once

#include <dcmtk/dcmdata/dctk.h>

#include <cstddef>
#include <vector>

namespace gvsl::data_loader {

// Keeps a reference to the data set.
class FunctionalGroups {
 public:
  explicit FunctionalGroups(DcmDataset& dataset);

  bool any() const { return shared_ != nullptr || !frames_.empty(); }
  std::size_t frames() const { return frames_.size(); }  // that are described one by one
  // What the frame's own group says, else that of all frames, else the data set itself, which is
  // all that an object of a single frame has.
  DcmItem& Of(std::size_t frame, const DcmTagKey& group) const;

 private:
  DcmDataset& dataset_;
  DcmItem* shared_ = nullptr;
  std::vector<DcmItem*> frames_;
};

}  // namespace gvsl::data_loader
