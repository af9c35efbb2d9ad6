// A file that appears under its name only when it is whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/file_system.h"
#include "common/sha256.h"
#include "common/status.h"

namespace gvsl::cli {

// Written beside its place; what was not published is removed. Not thread-safe.
class AsideFile {
 public:
  static StatusOr<AsideFile> Create(FileSystem& files, const std::string& path);
  AsideFile(AsideFile&&) noexcept;
  AsideFile& operator=(AsideFile&&) = delete;
  ~AsideFile();

  Status Append(std::string_view bytes);
  // Compared (DATA_LOSS: the bytes do not have this SHA-256), synced, renamed, directory synced.
  // The number of bytes.
  StatusOr<std::uint64_t> Publish(const std::string& sha256);

 private:
  AsideFile(FileSystem& files, std::string path, std::string aside,
            std::unique_ptr<WritableFile> file);

  FileSystem* files_;
  std::string path_;
  std::string aside_;  // empty: nothing to remove
  std::unique_ptr<WritableFile> file_;
  Sha256 sha256_;
  std::uint64_t bytes_ = 0;
};

}  // namespace gvsl::cli
