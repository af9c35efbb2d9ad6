// A file system in memory for tests that break the disk: it forgets what was not synced, runs out
// of space, or fails the n-th operation.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "common/file_system.h"

namespace gvsl {

// Thread-safe. Models the durable and the volatile state of a disk separately: file contents become
// durable by WritableFile::Sync, names (creations, renames, removals) by SyncDirectory of the
// directory that holds them.
class FaultFileSystem final : public FileSystem {
 public:
  FaultFileSystem();
  ~FaultFileSystem() override;

  // Power loss: everything that was not made durable is gone (open files stay unusable).
  void LosePower();
  // From the n-th mutating operation on (0: the next), every mutating operation fails with
  // UNAVAILABLE until LosePower. The process "died" there.
  void DieAfter(std::uint64_t operations);
  // Mutating operations so far.
  std::uint64_t operations() const;
  // Reading (a file, its size, a directory's names) of this path and of what is inside it fails
  // with `error`, as on a disk or a server that is ill; OK heals it.
  void FailReads(const std::string& path, Status error);
  // Appends beyond so many bytes in all files together fail with RESOURCE_EXHAUSTED.
  void SetCapacity(std::uint64_t bytes);

  StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override;
  StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) override;
  StatusOr<std::unique_ptr<ReadableFile>> Map(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Link(const std::string& from, const std::string& to) override;
  Status SyncDirectory(const std::string& path) override;
  Status CreateDirectories(const std::string& path) override;
  StatusOr<std::uint64_t> FreeBytes(const std::string& path) override;
  bool Exists(const std::string& path) override;
  bool IsDirectory(const std::string& path) override;
  StatusOr<std::uint64_t> FileSize(const std::string& path) override;
  StatusOr<std::vector<std::string>> List(const std::string& directory) override;
  Status RemoveFile(const std::string& path) override;
  Status RemoveTree(const std::string& path) override;
  // By path, and let go by a loss of power.
  StatusOr<std::unique_ptr<FileLock>> TryLock(const std::string& path, LockMode mode) override;
  Status MarkUsed(const std::string& path) override;
  // A count of operations that write or touch.
  StatusOr<std::int64_t> UsedAt(const std::string& path) override;

 private:
  class Disk;
  std::shared_ptr<Disk> disk_;
};

}  // namespace gvsl
