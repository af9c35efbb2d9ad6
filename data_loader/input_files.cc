#include "data_loader/input_files.h"

#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

namespace fs = std::filesystem;

fs::path Absolute(const fs::path& path) {
  std::error_code error;
  fs::path absolute = fs::absolute(path, error).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  return error ? path : absolute;
}

bool IsHidden(const fs::path& path) { return path.filename().string().starts_with("."); }

void AddTree(const fs::path& root, const fs::path& excluded, std::set<std::string>& found) {
  std::error_code error;
  auto entry =
      fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (IsHidden(entry->path()) || entry->path() == excluded) {
      entry.disable_recursion_pending();
      continue;
    }
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) found.insert(entry->path().string());
  }
}

}  // namespace

StatusOr<std::vector<std::string>> ListFiles(const std::vector<std::string>& roots,
                                             const std::string& excluded) {
  const fs::path left_out = excluded.empty() ? fs::path() : Absolute(excluded);
  std::set<std::string> found;
  for (const std::string& name : roots) {
    const fs::path root = Absolute(name);
    std::error_code error;
    if (fs::is_regular_file(root, error)) {
      found.insert(root.string());
    } else if (!fs::is_directory(root, error)) {
      return NotFoundError(Concat("no file or folder ", name));
    } else if (root != left_out) {
      AddTree(root, left_out, found);
    }
  }
  return std::vector<std::string>(found.begin(), found.end());
}

StatusOr<std::map<std::string, std::int32_t>> ReadClasses(FileSystem& files,
                                                          const std::string& path) {
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadFile(files, path));
  std::map<std::string, std::int32_t> classes;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line[0] == '#' || (number == 1 && line == "stem,class")) continue;
    const std::size_t comma = line.rfind(',');
    std::int32_t value = -1;
    const char* const end = line.data() + line.size();
    if (comma == std::string::npos || comma == 0 ||
        std::from_chars(line.data() + comma + 1, end, value).ptr != end || value < 0) {
      return InvalidArgumentError(
          Concat(path, ": line ", number, " is not \"stem,class\" with a class from 0"));
    }
    if (!classes.emplace(line.substr(0, comma), value).second) {
      return InvalidArgumentError(Concat(path, ": line ", number, " names a stem again"));
    }
  }
  return classes;
}

}  // namespace gvsl::data_loader
