#include "model/register/png_file.h"

#include <png.h>

#include "common/text.h"

namespace gvsl::model {

Status WritePng(FileSystem& files, const std::string& path, const GrayImage& image) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = PNG_FORMAT_GRAY;
  png_alloc_size_t bytes = 0;
  if (png_image_write_get_memory_size(header, bytes, 0, image.pixels.data(), 0, nullptr) == 0) {
    return InternalError(Concat(path, ": encoding PNG: ", header.message));
  }
  std::string encoded(bytes, '\0');
  if (png_image_write_to_memory(&header, encoded.data(), &bytes, 0, image.pixels.data(), 0,
                                nullptr) == 0) {
    return InternalError(Concat(path, ": encoding PNG: ", header.message));
  }
  encoded.resize(bytes);
  return WriteFileDurably(files, path, encoded);
}

}  // namespace gvsl::model
