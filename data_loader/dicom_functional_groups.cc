#include "data_loader/dicom_functional_groups.h"

namespace gvsl::data_loader {

DcmItem* FirstItem(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* first = nullptr;
  item.findAndGetSequenceItem(sequence, first, 0);
  return first;
}

FunctionalGroups::FunctionalGroups(DcmDataset& dataset)
    : shared_(FirstItem(dataset, DCM_SharedFunctionalGroupsSequence)) {
  DcmSequenceOfItems* each = nullptr;
  if (dataset.findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, each).bad()) return;
  DcmObject* object = nullptr;
  while ((object = each->nextInContainer(object)) != nullptr) {
    if (auto* item = dynamic_cast<DcmItem*>(object)) frames_.push_back(item);
  }
}

DcmItem* FunctionalGroups::Find(std::size_t frame, const DcmTagKey& macro) const {
  DcmItem* const own = frame < frames_.size() ? FirstItem(*frames_[frame], macro) : nullptr;
  if (own != nullptr || shared_ == nullptr) return own;
  return FirstItem(*shared_, macro);
}

}  // namespace gvsl::data_loader
