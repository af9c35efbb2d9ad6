// Which files people meant.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"

namespace gvsl::data_loader {

struct FileList {
  std::vector<std::string> roots;             // absolute
  std::vector<std::string> files;             // absolute, sorted, each once
  std::map<std::string, std::string> unread;  // files and folders that cannot be opened, and why
  std::vector<std::string> links;             // to folders; they are not followed
};

// Every regular file under the roots (a root may be a file); nothing whose name begins with a dot,
// and nothing under the files and folders of `excluded`. NOT_FOUND names a root that is not
// there.
StatusOr<FileList> ListFiles(const std::vector<std::string>& roots,
                             const std::vector<std::string>& excluded = {});

// "stem,class" a line, classes from 0; a first line of "stem,class", empty lines and lines that
// begin with # are passed over. For the stem a path below the input may stand. INVALID_ARGUMENT
// names the line.
StatusOr<std::map<std::string, std::int32_t>> ReadClasses(FileSystem& files,
                                                          const std::string& path);

}  // namespace gvsl::data_loader
