// How DICOM pixels may be coded, by the UIDs of its transfer syntaxes (DICOM PS3.6, table A-1).
// Pure.
#pragma once

#include <string_view>

namespace gvsl::data_loader {

enum class PixelCoding {
  kNative,    // as they are, or deflated with the whole data set
  kRle,       // PS3.5 annex G
  kJpeg,      // ITU-T T.81: baseline, extended, lossless, progressive
  kJpegLs,    // ITU-T T.87
  kJpeg2000,  // ITU-T T.800
  kNotRead,   // HTJ2K, JPEG XL, video, what an archive alone can fetch, retired ones
};

struct TransferSyntax {
  std::string_view uid;
  std::string_view name;  // for people
  PixelCoding coding;
};

// Nothing for a UID that is not in the table: a maker's own, or one that DICOM has added since.
const TransferSyntax* FindTransferSyntax(std::string_view uid);

}  // namespace gvsl::data_loader
