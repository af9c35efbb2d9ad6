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
  // Synced, renamed, directory synced. The number of bytes.
  StatusOr<std::uint64_t> Publish();
  // The same when the bytes have this SHA-256, DATA_LOSS when they have another.
  StatusOr<std::uint64_t> Publish(const std::string& sha256);
  // Instead of publishing: what was written, compared likewise, for as long as this object lives.
  StatusOr<std::unique_ptr<ReadableFile>> Map(const std::string& sha256);

 private:
  AsideFile(FileSystem& files, std::string path, std::string aside,
            std::unique_ptr<WritableFile> file);

  Status Compare(const std::string& sha256);

  FileSystem* files_;
  std::string path_;
  std::string aside_;  // empty: nothing to remove
  std::unique_ptr<WritableFile> file_;
  Sha256 sha256_;
  std::uint64_t bytes_ = 0;
};

}  // namespace gvsl::cli
