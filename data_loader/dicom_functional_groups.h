// Functional groups of enhanced objects (DICOM PS3.3 C.7.6.16): what holds for one frame, or for
// all. For dicom_*.cc alone.
#pragma once

#include <dcmtk/dcmdata/dctk.h>

#include <vector>

namespace gvsl::data_loader {

// The first item of a sequence in `item`, or nullptr.
DcmItem* FirstItem(DcmItem& item, const DcmTagKey& sequence);

// Keeps pointers into the data set.
class FunctionalGroups {
 public:
  explicit FunctionalGroups(DcmDataset& dataset);

  bool any() const { return shared_ != nullptr || !frames_.empty(); }
  DcmItem* shared() const { return shared_; }                      // nullptr where there is none
  const std::vector<DcmItem*>& frames() const { return frames_; }  // of those described one by one
  // The frame's own macro, else the one that all share, or nullptr.
  DcmItem* Find(std::size_t frame, const DcmTagKey& macro) const;

 private:
  DcmItem* shared_ = nullptr;
  std::vector<DcmItem*> frames_;
};

}  // namespace gvsl::data_loader
