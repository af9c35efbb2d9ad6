#include "data_loader/input_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

namespace fs = std::filesystem;

constexpr const char* kByteOrderMark = "\xEF\xBB\xBF";  // spreadsheets begin files with it

fs::path Absolute(const fs::path& path) {
  std::error_code error;
  fs::path absolute = fs::absolute(path, error).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  return error ? path : absolute;
}

bool IsHidden(const fs::path& path) { return path.filename().string().starts_with("."); }

// Only opening says whether a file can be read (networks, access lists).
void AddFile(const fs::path& path, FileList& list) {
  const int file_descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file_descriptor < 0) {
    list.unread[path.string()] = std::strerror(errno);
    return;
  }
  ::close(file_descriptor);
  list.files.push_back(path.string());
}

void AddEntry(const fs::directory_entry& entry, FileList& list, std::vector<fs::path>& folders) {
  std::error_code error;
  const bool link = entry.is_symlink(error);
  if (entry.is_directory(error)) {
    if (link) {
      list.links.push_back(entry.path().string());
    } else {
      folders.push_back(entry.path());
    }
  } else if (entry.is_regular_file(error)) {
    AddFile(entry.path(), list);
  } else if (!fs::exists(entry.status(error)) || error) {
    list.unread[entry.path().string()] = link ? "a link to nothing" : error.message();
  }
}

bool IsOneOf(const fs::path& path, const std::vector<fs::path>& excluded) {
  return std::any_of(excluded.begin(), excluded.end(), [&](const fs::path& other) {
    std::error_code ignored;
    return fs::equivalent(path, other, ignored);
  });
}

void AddTree(const fs::path& root, const std::vector<fs::path>& excluded, FileList& list) {
  std::vector<fs::path> folders = {root};
  while (!folders.empty()) {
    const fs::path folder = std::move(folders.back());
    folders.pop_back();
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      if (IsHidden(entry->path()) || IsOneOf(entry->path(), excluded)) continue;
      AddEntry(*entry, list, folders);
    }
    if (error) list.unread[folder.string()] = error.message();
  }
}

}  // namespace

StatusOr<FileList> ListFiles(const std::vector<std::string>& roots,
                             const std::vector<std::string>& excluded) {
  std::vector<fs::path> left_out;
  for (const std::string& name : excluded) left_out.push_back(Absolute(name));
  FileList list;
  for (const std::string& name : roots) {
    const fs::path root = Absolute(name);
    list.roots.push_back(root.string());
    std::error_code error;
    if (fs::is_regular_file(root, error)) {
      AddFile(root, list);
    } else if (!fs::is_directory(root, error)) {
      return NotFoundError(Concat("no file or folder ", name));
    } else if (std::find(left_out.begin(), left_out.end(), root) == left_out.end()) {
      AddTree(root, left_out, list);
    }
  }
  for (auto* names : {&list.files, &list.links}) {
    std::sort(names->begin(), names->end());
    names->erase(std::unique(names->begin(), names->end()), names->end());
  }
  return list;
}

StatusOr<std::map<std::string, std::int32_t>> ReadClasses(FileSystem& files,
                                                          const std::string& path) {
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadFile(files, path));
  std::map<std::string, std::int32_t> classes;
  std::istringstream lines(text.starts_with(kByteOrderMark) ? text.substr(3) : text);
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
