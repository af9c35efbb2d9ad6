#include "data_loader/object_kind.h"

#include <algorithm>
#include <array>

namespace gvsl::data_loader {
namespace {

constexpr std::string_view kStorage = "1.2.840.10008.5.1.4.1.1.";

struct Kind {
  std::string_view suffix;  // of the storage classes; one that ends in a dot stands for all below
  std::string_view code;
  std::string_view reason;
};

constexpr std::string_view kMap =
    "it is a map of labels and no image; labels go in by --labels, as NIfTI";
constexpr std::string_view kOutlines =
    "it holds outlines and no image; drawn into NIfTI they go in by --labels";
constexpr std::string_view kNothing = "it belongs to an image and is none: nothing is to be done";

constexpr std::array kKinds = {
    Kind{"66.4", "SEGMENTATION", kMap},     Kind{"66.5", "SEGMENTATION", kMap},
    Kind{"66.7", "SEGMENTATION", kMap},     Kind{"66.1", "REGISTRATION", kNothing},
    Kind{"66.3", "REGISTRATION", kNothing}, Kind{"481.3", "STRUCTURE_SET", kOutlines},
    Kind{"481.2", "DOSE", kNothing},        Kind{"481.5", "PLAN", kNothing},
    Kind{"481.8", "PLAN", kNothing},        Kind{"11.", "PRESENTATION_STATE", kNothing},
    Kind{"88.", "REPORT", kNothing},        Kind{"104.", "ENCAPSULATED_DOCUMENT", kNothing},
};

constexpr std::string_view kPicture =
    "it is a picture of a screen or of paper, which lies nowhere in space: nothing is to be done";

constexpr std::array kCaptures = {
    Kind{"7", "SECONDARY_CAPTURE", kPicture},
    Kind{"7.", "SECONDARY_CAPTURE", kPicture},
};

// Codes of other problems that say the same. Not NOT_AN_IMAGE: so looks a slice that was cut off
// before its pixels.
constexpr std::array<std::string_view, 2> kNoSlices = {"LOCALIZER", "COLOR_IMAGE"};

template <std::size_t N>
Rejection Find(const std::array<Kind, N>& kinds, std::string_view sop_class) {
  if (!sop_class.starts_with(kStorage)) return {};
  sop_class.remove_prefix(kStorage.size());
  const auto* found = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) {
    return kind.suffix.ends_with('.') ? sop_class.starts_with(kind.suffix)
                                      : sop_class == kind.suffix;
  });
  if (found == kinds.end()) return {};
  return {std::string(found->code), std::string(found->reason), ""};
}

}  // namespace

Rejection ProblemOfKind(std::string_view sop_class) { return Find(kKinds, sop_class); }

Rejection ProblemOfCapture(std::string_view sop_class) { return Find(kCaptures, sop_class); }

bool IsNoSlice(std::string_view code) {
  const auto is_code = [&](const Kind& kind) { return kind.code == code; };
  return std::any_of(kKinds.begin(), kKinds.end(), is_code) ||
         std::any_of(kCaptures.begin(), kCaptures.end(), is_code) ||
         std::find(kNoSlices.begin(), kNoSlices.end(), code) != kNoSlices.end();
}

}  // namespace gvsl::data_loader
