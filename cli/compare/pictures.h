// Pictures that somebody drew of what was compared, for its page.
#pragma once

#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"

namespace gvsl::cli {

struct Picture {
  std::string title;
  std::string caption;
  std::string png;  // the file's bytes
};

// DIR/pictures.json, [{"file": …, "title": …, "caption": …}], and the files beside it that it
// names, in its order. NOT_FOUND, DATA_LOSS (no JSON of this shape, or a file that is no PNG) name
// the file.
StatusOr<std::vector<Picture>> ReadPictures(FileSystem& files, const std::string& directory);

// "data:image/png;base64,…", as a page holds it.
std::string DataUrl(const Picture& picture);

}  // namespace gvsl::cli
