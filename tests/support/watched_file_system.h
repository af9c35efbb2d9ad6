// A disk that tells a test of each file that is read, before it is.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/file_system.h"

namespace gvsl::testing {

// As thread-safe as `on_read`.
class WatchedFileSystem final : public FileSystem {
 public:
  WatchedFileSystem(FileSystem& disk, std::function<void(const std::string& path)> on_read)
      : disk_(disk), on_read_(std::move(on_read)) {}

  StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    return disk_.Create(path);
  }
  StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) override {
    return disk_.OpenForAppend(path);
  }
  StatusOr<std::unique_ptr<ReadableFile>> Map(const std::string& path) override {
    return disk_.Map(path);
  }
  Status Read(const std::string& path, const TakePiece& take) override {
    on_read_(path);
    return disk_.Read(path, take);
  }
  Status Rename(const std::string& from, const std::string& to) override {
    return disk_.Rename(from, to);
  }
  Status SyncDirectory(const std::string& path) override { return disk_.SyncDirectory(path); }
  Status CreateDirectories(const std::string& path) override {
    return disk_.CreateDirectories(path);
  }
  bool Exists(const std::string& path) override { return disk_.Exists(path); }
  bool IsDirectory(const std::string& path) override { return disk_.IsDirectory(path); }
  StatusOr<std::uint64_t> FileSize(const std::string& path) override {
    return disk_.FileSize(path);
  }
  StatusOr<std::vector<std::string>> List(const std::string& path) override {
    return disk_.List(path);
  }
  Status RemoveFile(const std::string& path) override { return disk_.RemoveFile(path); }
  Status RemoveTree(const std::string& path) override { return disk_.RemoveTree(path); }
  StatusOr<std::unique_ptr<FileLock>> TryLock(const std::string& path, LockMode mode) override {
    return disk_.TryLock(path, mode);
  }
  StatusOr<std::int64_t> UsedAt(const std::string& path) override { return disk_.UsedAt(path); }
  Status MarkUsed(const std::string& path) override { return disk_.MarkUsed(path); }

 private:
  FileSystem& disk_;
  const std::function<void(const std::string& path)> on_read_;
};

}  // namespace gvsl::testing
