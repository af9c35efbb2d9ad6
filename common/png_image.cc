#include "common/png_image.h"

#include <png.h>

#include "common/text.h"

namespace gvsl {

StatusOr<std::string> EncodePng(int width, int height, PngColor color,
                                std::span<const std::uint8_t> pixels) {
  if (width < 1 || height < 1 ||
      pixels.size() != static_cast<std::size_t>(width) * height * static_cast<int>(color)) {
    return InvalidArgumentError("encoding PNG: the pixels do not fill the picture");
  }
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(width);
  header.height = static_cast<png_uint_32>(height);
  header.format = color == PngColor::kGray ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t bytes = 0;
  if (png_image_write_get_memory_size(header, bytes, 0, pixels.data(), 0, nullptr) == 0) {
    return InternalError(Concat("encoding PNG: ", header.message));
  }
  std::string encoded(bytes, '\0');
  if (png_image_write_to_memory(&header, encoded.data(), &bytes, 0, pixels.data(), 0, nullptr) ==
      0) {
    return InternalError(Concat("encoding PNG: ", header.message));
  }
  encoded.resize(bytes);
  return encoded;
}

}  // namespace gvsl
