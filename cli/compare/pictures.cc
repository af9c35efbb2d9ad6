#include "cli/compare/pictures.h"

#include "cli/render/job_json.h"
#include "common/base64.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

constexpr char kList[] = "pictures.json";
constexpr std::size_t kLargestList = 1 << 20;
constexpr std::size_t kLargestPicture = 64 << 20;
constexpr std::string_view kPngBegins = "\x89PNG\r\n\x1a\n";

StatusOr<Picture> ReadPicture(FileSystem& files, const std::string& directory, const Json& entry) {
  const auto text = [&entry](const char* key) {
    const auto found = entry.find(key);
    return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const std::string file = text("file");
  if (file.empty() || file.find('/') != std::string::npos) {
    return DataLossError("an entry names no file of this folder");
  }
  Picture picture = {text("title"), text("caption"), {}};
  const std::string path = JoinPath(directory, file);
  GVSL_ASSIGN_OR_RETURN(picture.png, ReadFile(files, path, kLargestPicture));
  if (!picture.png.starts_with(kPngBegins)) return DataLossError(path + ": no PNG");
  return picture;
}

}  // namespace

StatusOr<std::vector<Picture>> ReadPictures(FileSystem& files, const std::string& directory) {
  const std::string path = JoinPath(directory, kList);
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadFile(files, path, kLargestList));
  const Json list = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return DataLossError(path + ": no list of pictures");
  std::vector<Picture> pictures;
  for (const Json& entry : list) {
    if (!entry.is_object()) return DataLossError(path + ": no list of pictures");
    StatusOr<Picture> picture = ReadPicture(files, directory, entry);
    if (!picture.ok()) return picture.status().WithContext(path);
    pictures.push_back(*std::move(picture));
  }
  return pictures;
}

std::string DataUrl(const Picture& picture) {
  return "data:image/png;base64," + Base64(picture.png);
}

}  // namespace gvsl::cli
