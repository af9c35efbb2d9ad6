#include "data_loader/code_advice.h"

#include <map>

namespace gvsl::data_loader {

std::string AdviceFor(const std::string& code) {
  static const auto& advice = *new std::map<std::string, const char*>{
      {"ANALYZE", "convert it with a program that knows where it comes from"},
      {"BURNED_IN_ANNOTATION", "leave it out, or clean it first: they may name a person"},
      {"CODESTREAM_MISMATCH", "export it again"},
      {"COLOR_IMAGE", "convert it"},
      {"CONSTANT", "leave it out, or choose another window"},
      {"DAMAGED_PIXELS", "copy it again from the archive"},
      {"DICOMDIR", "nothing: it is no image"},
      {"DOSE", "nothing: it is no image"},
      {"DUPLICATE_POSITION", "split the series"},
      {"ENCAPSULATED_DOCUMENT", "nothing: it is no image"},
      {"EXCESSIVE_STRUCTURE", "leave it out; if it is an image, have it sent uncompressed"},
      {"FOUR_DIMENSIONAL", "split or convert it"},
      {"GANTRY_TILT", "export the series again"},
      {"HEADER_WITHOUT_IMAGE", "put the other beside it"},
      {"IMAGE_WITHOUT_HEADER", "put the other beside it"},
      {"INVALID_GEOMETRY", "export it again"},
      {"INVALID_RESCALE", "export it again"},
      {"LABEL_AMBIGUOUS", "give both the same path"},
      {"LABEL_GRID_MISMATCH", "check the map"},
      {"LABEL_NOT_INTEGER", "check the map"},
      {"LABEL_WITHOUT_IMAGE", "rename it"},
      {"LOCALIZER", "nothing: it is no volume"},
      {"LOOKUP_TABLE", "export it with a rescale slope and intercept"},
      {"MISSING_SLICE", "export the series again"},
      {"MIXED_ORIENTATION", "split the series"},
      {"MIXED_PIXEL_SPACING", "split the series"},
      {"MIXED_SIZES", "split the series"},
      {"MOSAIC", "export it with the private elements, or as single slices"},
      {"MULTI_FRAME", "convert it, or export it again"},
      {"NON_FINITE", "replace them"},
      {"NOT_AN_IMAGE", "nothing: it is no image"},
      {"NOT_A_VOLUME", "leave it out"},
      {"NOT_DICOM", "copy it again"},
      {"NO_GEOMETRY", "export it again"},
      {"OUT_OF_MEMORY", "a larger machine or a coarser image"},
      {"PLAN", "nothing: it is no image"},
      {"PRESENTATION_STATE", "nothing: it is no image"},
      {"REGISTRATION", "nothing: it is no image"},
      {"REPORT", "nothing: it is no image"},
      {"SECONDARY_CAPTURE", "nothing: it is no volume"},
      {"SEGMENTATION", "give them by --labels, as NIfTI"},
      {"SHEARED_GRID", "resample it onto a regular grid"},
      {"SHIFTED_SLICES", "export the series again"},
      {"STRUCTURE_SET", "give them by --labels, as NIfTI"},
      {"TOO_FEW_SLICES", "leave it out"},
      {"TOO_LARGE", "check the header, or choose a coarser spacing"},
      {"TRUNCATED", "copy it again"},
      {"UNEVEN_SPACING", "export it with even spacing"},
      {"UNREADABLE", "check permissions, links and file, convert it anew"},
      {"UNSUPPORTED_DATATYPE", "convert it"},
      {"UNSUPPORTED_PIXELS", "convert it"},
      {"UNSUPPORTED_TRANSFER_SYNTAX", "have the archive send it uncompressed or as JPEG 2000"}};
  const auto found = advice.find(code);
  return found == advice.end() ? "" : found->second;
}

}  // namespace gvsl::data_loader
