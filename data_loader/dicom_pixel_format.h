// What a data set says of how its pixels are stored; for dicom_*.cc alone.
#pragma once

#include <cstddef>

#include "data_loader/pixel_format.h"

class DcmDataset;
class DcmItem;

namespace gvsl::data_loader {

// But for rescaling, which each frame may do in its own way.
PixelFormat ReadPixelFormat(DcmDataset& dataset);
// Of the data set, or a frame's own.
void ReadRescale(DcmItem& item, PixelFormat& format);
// Of one frame.
std::size_t PixelCount(DcmDataset& dataset);

}  // namespace gvsl::data_loader
