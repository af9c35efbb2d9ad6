// A disk of which one directory is on a mount that hangs, until it is let go.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/file_system.h"

namespace gvsl::coordinator {

// Thread-safe, as the disk that it passes everything on to.
class HangingFileSystem final : public FileSystem {
 public:
  HangingFileSystem(FileSystem& disk, std::string mount) : disk_(disk), mount_(std::move(mount)) {}

  void Hang() {
    const std::lock_guard lock(mutex_);
    hangs_ = true;
  }
  void LetGo() {
    const std::lock_guard lock(mutex_);
    hangs_ = false;
    changed_.notify_all();
  }
  void WaitUntilSomebodyHangs() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return hanging_ > 0; });
  }

  StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    return Touch(path).Create(path);
  }
  StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) override {
    return Touch(path).OpenForAppend(path);
  }
  StatusOr<std::unique_ptr<ReadableFile>> Map(const std::string& path) override {
    return Touch(path).Map(path);
  }
  Status Rename(const std::string& from, const std::string& to) override {
    return Touch(from).Rename(from, to);
  }
  Status SyncDirectory(const std::string& path) override { return Touch(path).SyncDirectory(path); }
  Status CreateDirectories(const std::string& path) override {
    return Touch(path).CreateDirectories(path);
  }
  bool Exists(const std::string& path) override { return Touch(path).Exists(path); }
  bool IsDirectory(const std::string& path) override { return Touch(path).IsDirectory(path); }
  StatusOr<std::uint64_t> FileSize(const std::string& path) override {
    return Touch(path).FileSize(path);
  }
  StatusOr<std::vector<std::string>> List(const std::string& path) override {
    return Touch(path).List(path);
  }
  Status RemoveFile(const std::string& path) override { return Touch(path).RemoveFile(path); }
  Status RemoveTree(const std::string& path) override { return Touch(path).RemoveTree(path); }

 private:
  FileSystem& Touch(const std::string& path) {
    std::unique_lock lock(mutex_);
    if (!path.starts_with(mount_) || !hangs_) return disk_;
    ++hanging_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hangs_; });
    --hanging_;
    return disk_;
  }

  FileSystem& disk_;
  const std::string mount_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hangs_ = false;
  int hanging_ = 0;
};

}  // namespace gvsl::coordinator
