// Grey pictures as PNG files.
#pragma once

#include <string>

#include "common/file_system.h"
#include "common/status.h"
#include "model/register/gray_image.h"

namespace gvsl::model {

// Published as a whole (WriteFileDurably).
Status WritePng(FileSystem& files, const std::string& path, const GrayImage& image);

}  // namespace gvsl::model
