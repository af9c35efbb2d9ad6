#include "data_loader/transfer_syntax.h"

#include <algorithm>
#include <array>

namespace gvsl::data_loader {
namespace {

using enum PixelCoding;

constexpr std::array kSyntaxes = {
    TransferSyntax{"1.2.840.10008.1.2", "implicit little endian", kNative},
    TransferSyntax{"1.2.840.10008.1.2.1", "explicit little endian", kNative},
    TransferSyntax{"1.2.840.10008.1.2.1.99", "deflated", kNative},
    TransferSyntax{"1.2.840.10008.1.2.2", "explicit big endian", kNative},
    TransferSyntax{"1.2.840.113619.5.2", "big endian pixels of GE", kNative},
    TransferSyntax{"1.2.840.10008.1.2.1.98", "encapsulated uncompressed", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.8.1", "deflated by frame", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.5", "RLE", kRle},
    TransferSyntax{"1.2.840.10008.1.2.4.50", "JPEG baseline", kJpeg},
    TransferSyntax{"1.2.840.10008.1.2.4.51", "JPEG extended", kJpeg},
    TransferSyntax{"1.2.840.10008.1.2.4.53", "JPEG spectral selection", kJpeg},
    TransferSyntax{"1.2.840.10008.1.2.4.55", "JPEG full progression", kJpeg},
    TransferSyntax{"1.2.840.10008.1.2.4.57", "JPEG lossless", kJpeg},
    TransferSyntax{"1.2.840.10008.1.2.4.70", "JPEG lossless, first-order prediction", kJpeg},
    TransferSyntax{"1.2.840.10008.1.2.4.52", "a retired JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.54", "a retired JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.56", "a retired JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.58", "a retired JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.59", "a retired JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.60", "a retired JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.61", "a retired JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.62", "a retired JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.63", "a retired JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.64", "a retired JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.65", "a retired JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.66", "a retired JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.80", "JPEG-LS lossless", kJpegLs},
    TransferSyntax{"1.2.840.10008.1.2.4.81", "JPEG-LS near-lossless", kJpegLs},
    TransferSyntax{"1.2.840.10008.1.2.4.90", "JPEG 2000 lossless", kJpeg2000},
    TransferSyntax{"1.2.840.10008.1.2.4.91", "JPEG 2000", kJpeg2000},
    TransferSyntax{"1.2.840.10008.1.2.4.92", "JPEG 2000 multi-component lossless", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.93", "JPEG 2000 multi-component", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.94", "JPIP", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.95", "JPIP, deflated", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.100", "MPEG-2 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.100.1", "MPEG-2 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.101", "MPEG-2 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.101.1", "MPEG-2 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.102", "MPEG-4 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.102.1", "MPEG-4 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.103", "MPEG-4 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.103.1", "MPEG-4 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.104", "MPEG-4 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.104.1", "MPEG-4 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.105", "MPEG-4 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.105.1", "MPEG-4 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.106", "MPEG-4 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.106.1", "MPEG-4 video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.107", "HEVC video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.108", "HEVC video", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.110", "JPEG XL lossless", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.111", "JPEG XL of a JPEG", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.112", "JPEG XL", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.201", "HTJ2K lossless", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.202", "HTJ2K lossless, by resolution", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.203", "HTJ2K", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.204", "JPIP HTJ2K", kNotRead},
    TransferSyntax{"1.2.840.10008.1.2.4.205", "JPIP HTJ2K, deflated", kNotRead},
};

}  // namespace

const TransferSyntax* FindTransferSyntax(std::string_view uid) {
  const auto* found = std::find_if(kSyntaxes.begin(), kSyntaxes.end(),
                                   [&](const TransferSyntax& syntax) { return syntax.uid == uid; });
  return found == kSyntaxes.end() ? nullptr : found;
}

}  // namespace gvsl::data_loader
