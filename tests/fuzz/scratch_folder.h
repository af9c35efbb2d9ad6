// Where inputs become files, for readers that take paths: one folder a process, in memory where
// TMPDIR is.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/support/temporary_directory.h"

namespace gvsl::fuzz {

class ScratchFolder {
 public:
  // The file's path.
  std::string Write(const std::string& name, std::string_view bytes) const {
    std::string path = directory_ / name;
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
  }
  void Remove(const std::string& path) const {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  const std::string& path() const { return directory_.path(); }

 private:
  testing::TemporaryDirectory directory_;
};

}  // namespace gvsl::fuzz
