// The disk as an argument. Everything durable goes through here, so that a test can break the disk
// on purpose: drop what was not synced, fill it, fail a call.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"

namespace gvsl {

// A file being written from its beginning. Nothing is durable before Sync() returned OK (and the
// directory that names the file was synced). Not thread-safe.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Status Append(std::string_view bytes) = 0;
  virtual Status Sync() = 0;
  virtual Status Close() = 0;
};

// A whole file in memory, mapped where the file system can. The bytes live as long as the object.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  virtual std::string_view bytes() const = 0;
};

// Thread-safe. Paths are as the operating system takes them. Errors name operation and path and
// keep the canonical code of ErrnoError (a full disk is RESOURCE_EXHAUSTED).
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // Creates or truncates.
  virtual StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) = 0;
  // As Create; nobody but the owner may read the file (mode 0600), from its first byte on.
  virtual StatusOr<std::unique_ptr<WritableFile>> CreateOwnerOnly(const std::string& path) {
    return Create(path);
  }
  // Creates or appends.
  virtual StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) = 0;
  virtual StatusOr<std::unique_ptr<ReadableFile>> Map(const std::string& path) = 0;
  // Replaces a file at `to`; fails with ALREADY_EXISTS when `to` is a directory that is not empty.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  // Makes the names in the directory durable.
  virtual Status SyncDirectory(const std::string& path) = 0;
  // With all missing parents; OK when it is there already.
  virtual Status CreateDirectories(const std::string& path) = 0;
  virtual bool Exists(const std::string& path) = 0;
  virtual bool IsDirectory(const std::string& path) = 0;
  virtual StatusOr<std::uint64_t> FileSize(const std::string& path) = 0;
  // Names without the directory, sorted; no "." and "..".
  virtual StatusOr<std::vector<std::string>> List(const std::string& directory) = 0;
  virtual Status RemoveFile(const std::string& path) = 0;
  // A directory with all that is in it; OK when it is not there.
  virtual Status RemoveTree(const std::string& path) = 0;
};

// The machine's disk. Lives as long as the process.
FileSystem& PosixFileSystem();

// "a/b" for ("a", "b").
std::string JoinPath(std::string_view directory, std::string_view name);
// The directory part of a path; "." where there is none.
std::string ParentPath(std::string_view path);

StatusOr<std::string> ReadFile(FileSystem& files, const std::string& path);

// Publishes a whole file: written aside as PATH.tmp-*, synced, renamed, directory synced. A reader
// sees the old content or the new, also after power loss.
Status WriteFileDurably(FileSystem& files, const std::string& path, std::string_view bytes);

}  // namespace gvsl
