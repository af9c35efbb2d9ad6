#include "model/register/png_file.h"

#include "common/png_image.h"

namespace gvsl::model {

Status WritePng(FileSystem& files, const std::string& path, const GrayImage& image) {
  const StatusOr<std::string> encoded =
      EncodePng(image.width, image.height, PngColor::kGray, image.pixels);
  if (!encoded.ok()) return encoded.status().WithContext(path);
  return WriteFileDurably(files, path, *encoded);
}

}  // namespace gvsl::model
