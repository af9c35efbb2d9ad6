// The disk as an argument. Everything durable goes through here, so that a test can break the disk
// on purpose: drop what was not synced, fill it, fail a call.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
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
  // False: some of the bytes could not be read and are zeros; of a file that is guarded
  // (common/mapping_guard.h).
  virtual bool intact() const { return true; }
};

// Held until it is destroyed, against every other holder in this and other processes of this
// machine; one that dies lets go.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class LockMode {
  kShared,     // beside other shared ones
  kExclusive,  // alone; the file is created where it is missing
  kEvict,      // alone; NOT_FOUND where it is missing
};

// Bytes that are in memory already.
std::unique_ptr<ReadableFile> FileInMemory(std::string bytes);

using TakePiece = std::function<Status(std::string_view)>;

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
  // A disk that fails behind a mapping kills the process (SIGBUS); Read returns the error.
  virtual StatusOr<std::unique_ptr<ReadableFile>> Map(const std::string& path) = 0;
  // The whole file, piece by piece, as it comes from the disk; an error of `take` ends it.
  virtual Status Read(const std::string& path, const TakePiece& take) {
    GVSL_ASSIGN_OR_RETURN(const std::unique_ptr<ReadableFile> file, Map(path));
    return take(file->bytes());
  }
  // Replaces a file at `to`; fails with ALREADY_EXISTS when `to` is a directory that is not empty.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  // A second name for a file, where the file system can.
  virtual Status Link(const std::string& from, const std::string& to) {
    return UnimplementedError(from + " as " + to);
  }
  // Makes the names in the directory durable.
  virtual Status SyncDirectory(const std::string& path) = 0;
  // With all missing parents; OK when it is there already.
  virtual Status CreateDirectories(const std::string& path) = 0;
  // Its parent is there. Nobody but the owner may look inside (mode 0700); one that is there
  // already becomes so. PERMISSION_DENIED: it is somebody else's; FAILED_PRECONDITION: no
  // directory.
  virtual Status CreateOwnerOnlyDirectory(const std::string& path) {
    return CreateDirectories(path);
  }
  // What may still be written where `path` lies.
  virtual StatusOr<std::uint64_t> FreeBytes(const std::string& path) {
    return UnimplementedError("free bytes of " + path);
  }
  virtual bool Exists(const std::string& path) = 0;
  virtual bool IsDirectory(const std::string& path) = 0;
  virtual StatusOr<std::uint64_t> FileSize(const std::string& path) = 0;
  // Names without the directory, sorted; no "." and "..". NOT_FOUND: there is no such directory.
  virtual StatusOr<std::vector<std::string>> List(const std::string& directory) = 0;
  virtual Status RemoveFile(const std::string& path) = 0;
  // A directory with all that is in it; OK when it is not there.
  virtual Status RemoveTree(const std::string& path) = 0;
  // Never waits: ABORTED while somebody else holds it otherwise. Once it is locked, the file is
  // still the one with this name; whoever holds it alone may remove it. NOT_FOUND: no such file.
  // UNIMPLEMENTED: the file system has no locks, as Lustre without them.
  virtual StatusOr<std::unique_ptr<FileLock>> TryLock(const std::string& path, LockMode /*mode*/) {
    return UnimplementedError("lock " + path);
  }
  // When the file was written or marked last: greater is later, by the file system's own clock.
  virtual StatusOr<std::int64_t> UsedAt(const std::string& path) {
    return UnimplementedError("stat " + path);
  }
  virtual Status MarkUsed(const std::string& path) { return UnimplementedError("mark " + path); }
};

// The machine's disk. Lives as long as the process.
FileSystem& PosixFileSystem();

// "a/b" for ("a", "b").
std::string JoinPath(std::string_view directory, std::string_view name);
// The directory part of a path; "." where there is none.
std::string ParentPath(std::string_view path);

// DATA_LOSS when the file has more than `max_bytes`.
StatusOr<std::string> ReadFile(FileSystem& files, const std::string& path,
                               std::size_t max_bytes = std::numeric_limits<std::size_t>::max());

// CreateDirectories, and the new names survive power loss.
Status CreateDirectoriesDurably(FileSystem& files, const std::string& path);

// Publishes a whole file: written aside as PATH.tmp-*, synced, renamed, directory synced. A reader
// sees the old content or the new, also after power loss.
Status WriteFileDurably(FileSystem& files, const std::string& path, std::string_view bytes);

}  // namespace gvsl
