#include "data_loader/dicom_functional_groups.h"

namespace gvsl::data_loader {
namespace {

DcmItem* FirstItem(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* first = nullptr;
  item.findAndGetSequenceItem(sequence, first, 0);
  return first;
}

}  // namespace

FunctionalGroups::FunctionalGroups(DcmDataset& dataset) : dataset_(dataset) {
  shared_ = FirstItem(dataset, DCM_SharedFunctionalGroupsSequence);
  DcmSequenceOfItems* each = nullptr;
  if (dataset.findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, each).bad()) return;
  DcmObject* object = nullptr;
  while ((object = each->nextInContainer(object)) != nullptr) {
    if (auto* item = dynamic_cast<DcmItem*>(object)) frames_.push_back(item);
  }
}

DcmItem& FunctionalGroups::Of(std::size_t frame, const DcmTagKey& group) const {
  DcmItem* found = frame < frames_.size() ? FirstItem(*frames_[frame], group) : nullptr;
  if (found == nullptr && shared_ != nullptr) found = FirstItem(*shared_, group);
  return found == nullptr ? dataset_ : *found;
}

}  // namespace gvsl::data_loader
