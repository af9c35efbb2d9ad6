// Which kinds of DICOM objects, coded how, are asked of an archive. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gvsl::data_loader {

// An SOP class, and the transfer syntaxes of which the archive may choose one.
struct PresentationContext {
  std::string abstract_syntax;
  std::vector<std::string> transfer_syntaxes;
};

// Of an association for a series of the modality: at most 126. Every coding stands in a context of
// its own, so that an archive can send each object as it holds it; even the codings that are then
// refused by name.
std::vector<PresentationContext> StorageContexts(std::string_view modality);

// Modalities of objects that hold no image (reports, structure sets, plans …) are not fetched.
bool HoldsImages(std::string_view modality);

}  // namespace gvsl::data_loader
