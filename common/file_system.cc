#include "common/file_system.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "common/text.h"

namespace gvsl {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

class PosixWritableFile final : public WritableFile {
 public:
  PosixWritableFile(int file_descriptor, std::string path)
      : file_descriptor_(file_descriptor), path_(std::move(path)) {}
  ~PosixWritableFile() override {
    if (file_descriptor_ >= 0) ::close(file_descriptor_);
  }

  Status Append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_descriptor_, bytes.data(), bytes.size());
      if (written < 0) {
        if (errno == EINTR) continue;
        return ErrnoError(errno, "write " + path_);
      }
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return OkStatus();
  }

  Status Sync() override {
    if (::fsync(file_descriptor_) != 0) return ErrnoError(errno, "fsync " + path_);
    return OkStatus();
  }

  Status Close() override {
    const int file_descriptor = std::exchange(file_descriptor_, -1);
    if (file_descriptor >= 0 && ::close(file_descriptor) != 0) {
      return ErrnoError(errno, "close " + path_);
    }
    return OkStatus();
  }

 private:
  int file_descriptor_;
  std::string path_;
};

class MappedFile final : public ReadableFile {
 public:
  MappedFile(void* address, std::size_t size) : address_(address), size_(size) {}
  ~MappedFile() override {
    if (size_ > 0) ::munmap(address_, size_);
  }
  std::string_view bytes() const override { return {static_cast<const char*>(address_), size_}; }

 private:
  void* address_;
  std::size_t size_;
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(int file_descriptor) : file_descriptor_(file_descriptor) {}
  ~PosixFileLock() override { ::close(file_descriptor_); }

 private:
  int file_descriptor_;
};

class MemoryFile final : public ReadableFile {
 public:
  explicit MemoryFile(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string_view bytes() const override { return bytes_; }

 private:
  std::string bytes_;
};

StatusOr<std::unique_ptr<WritableFile>> OpenForWriting(const std::string& path, int flags,
                                                       mode_t mode = 0666) {
  const int file_descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
  if (file_descriptor < 0) return ErrnoError(errno, "open " + path);
  return std::make_unique<PosixWritableFile>(file_descriptor, path);
}

// Whatever is returned, an open descriptor is the caller's. A pipe with this name does not block.
Status OpenForReading(const std::string& path, int& file_descriptor, struct stat& info) {
  file_descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file_descriptor < 0) return ErrnoError(errno, "open " + path);
  if (::fstat(file_descriptor, &info) != 0) return ErrnoError(errno, "stat " + path);
  if (S_ISREG(info.st_mode)) return OkStatus();
  return FailedPreconditionError("open " + path + ": not a regular file");
}

bool IsNamed(const std::string& path, int file_descriptor) {
  struct stat named {};
  struct stat held {};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(file_descriptor, &held) == 0 &&
         named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

Status FromErrorCode(const std::error_code& error, const std::string& what) {
  if (!error) return OkStatus();
  return ErrnoError(error.value(), what);
}

class Posix final : public FileSystem {
 public:
  StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    return OpenForWriting(path, O_TRUNC);
  }

  StatusOr<std::unique_ptr<WritableFile>> CreateOwnerOnly(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return ErrnoError(errno, "remove " + path);
    return OpenForWriting(path, O_EXCL, 0600);
  }

  StatusOr<std::unique_ptr<WritableFile>> OpenForAppend(const std::string& path) override {
    return OpenForWriting(path, O_APPEND);
  }

  StatusOr<std::unique_ptr<ReadableFile>> Map(const std::string& path) override {
    int file_descriptor = -1;
    struct stat info {};
    Status status = OpenForReading(path, file_descriptor, info);
    if (file_descriptor < 0) return status;
    void* address = nullptr;
    if (status.ok() && info.st_size > 0) {
      address = ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_PRIVATE,
                       file_descriptor, 0);
      if (address == MAP_FAILED) status = ErrnoError(errno, "map " + path);
    }
    ::close(file_descriptor);
    if (!status.ok()) return status;
    return std::make_unique<MappedFile>(address, static_cast<std::size_t>(info.st_size));
  }

  Status Read(const std::string& path, const TakePiece& take) override {
    int file_descriptor = -1;
    struct stat info {};
    Status status = OpenForReading(path, file_descriptor, info);
    std::string piece(status.ok() ? kPieceBytes : 0, '\0');
    while (status.ok()) {
      const ssize_t count = ::read(file_descriptor, piece.data(), piece.size());
      if (count == 0) break;
      if (count > 0) {
        status = take({piece.data(), static_cast<std::size_t>(count)});
      } else if (errno != EINTR) {
        status = ErrnoError(errno, "read " + path);
      }
    }
    if (file_descriptor >= 0) ::close(file_descriptor);
    return status;
  }

  Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) {
      return ErrnoError(errno, Concat("rename ", from, " to ", to));
    }
    return OkStatus();
  }

  Status Link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) != 0) {
      return ErrnoError(errno, Concat("link ", from, " as ", to));
    }
    return OkStatus();
  }

  Status SyncDirectory(const std::string& path) override {
    const int file_descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file_descriptor < 0) return ErrnoError(errno, "open " + path);
    const int result = ::fsync(file_descriptor);
    const int error = errno;
    ::close(file_descriptor);
    return result == 0 ? OkStatus() : ErrnoError(error, "fsync " + path);
  }

  Status CreateDirectories(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return FromErrorCode(error, "create directory " + path);
    if (!std::filesystem::is_directory(path, error)) {
      return ErrnoError(ENOTDIR, "create directory " + path);
    }
    return OkStatus();
  }

  Status CreateOwnerOnlyDirectory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) == 0) return OkStatus();
    if (errno != EEXIST) return ErrnoError(errno, "create directory " + path);
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return ErrnoError(errno, "stat " + path);
    if (!S_ISDIR(info.st_mode)) return FailedPreconditionError(path + " is no directory");
    if (info.st_uid != ::geteuid()) return PermissionDeniedError(path + " is somebody else's");
    if ((info.st_mode & 077) != 0 && ::chmod(path.c_str(), 0700) != 0) {
      return ErrnoError(errno, "change mode of " + path);
    }
    return OkStatus();
  }

  StatusOr<std::uint64_t> FreeBytes(const std::string& path) override {
    struct statvfs info {};
    if (::statvfs(path.c_str(), &info) != 0) return ErrnoError(errno, "free bytes of " + path);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }

  bool Exists(const std::string& path) override {
    std::error_code error;
    return std::filesystem::exists(path, error);
  }

  bool IsDirectory(const std::string& path) override {
    std::error_code error;
    return std::filesystem::is_directory(path, error);
  }

  StatusOr<std::uint64_t> FileSize(const std::string& path) override {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error) return FromErrorCode(error, "size of " + path);
    return static_cast<std::uint64_t>(size);
  }

  StatusOr<std::vector<std::string>> List(const std::string& directory) override {
    std::error_code error;
    std::filesystem::directory_iterator entries(directory, error);
    std::vector<std::string> names;
    while (!error && entries != std::filesystem::directory_iterator()) {
      names.push_back(entries->path().filename().string());
      entries.increment(error);
    }
    if (error) return FromErrorCode(error, "list " + directory);
    std::sort(names.begin(), names.end());
    return names;
  }

  Status RemoveFile(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return ErrnoError(errno, "remove " + path);
    return OkStatus();
  }

  Status RemoveTree(const std::string& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    return FromErrorCode(error, "remove " + path);
  }

  StatusOr<std::unique_ptr<FileLock>> TryLock(const std::string& path, LockMode mode) override {
    // NFS gives a file that is open for reading alone no exclusive lock.
    const int flags = mode == LockMode::kExclusive ? O_RDWR | O_CREAT
                      : mode == LockMode::kEvict   ? O_RDWR
                                                   : O_RDONLY;
    const int operation = mode == LockMode::kShared ? LOCK_SH : LOCK_EX;
    while (true) {
      const int file_descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
      if (file_descriptor < 0) return ErrnoError(errno, "open " + path);
      auto lock = std::make_unique<PosixFileLock>(file_descriptor);
      if (::flock(file_descriptor, operation | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        if (errno == EWOULDBLOCK) return AbortedError("lock " + path + ": somebody else holds it");
        if (errno == ENOSYS || errno == EOPNOTSUPP || errno == ENOLCK) {
          return UnimplementedError("lock " + path + ": its file system has no locks");
        }
        return ErrnoError(errno, "lock " + path);
      }
      // It may have been removed or replaced before it was locked.
      if (IsNamed(path, file_descriptor)) return lock;
    }
  }

  Status MarkUsed(const std::string& path) override {
    if (::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) != 0) {
      return ErrnoError(errno, "mark " + path);
    }
    return OkStatus();
  }

  StatusOr<std::int64_t> UsedAt(const std::string& path) override {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return ErrnoError(errno, "stat " + path);
    return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  }
};

}  // namespace

FileSystem& PosixFileSystem() {
  static Posix file_system;
  return file_system;
}

std::string JoinPath(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  std::string path(directory);
  if (path.back() != '/') path += '/';
  return path.append(name);
}

std::string ParentPath(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::unique_ptr<ReadableFile> FileInMemory(std::string bytes) {
  return std::make_unique<MemoryFile>(std::move(bytes));
}

StatusOr<std::string> ReadFile(FileSystem& files, const std::string& path, std::size_t max_bytes) {
  std::string bytes;
  GVSL_RETURN_IF_ERROR(files.Read(path, [&](std::string_view piece) {
    if (piece.size() > max_bytes - bytes.size()) {
      return DataLossError(Concat("read ", path, ": more than ", max_bytes, " bytes"));
    }
    bytes.append(piece);
    return OkStatus();
  }));
  return bytes;
}

Status CreateDirectoriesDurably(FileSystem& files, const std::string& path) {
  std::vector<std::string> parents;
  for (std::string missing = path; !files.IsDirectory(missing);) {
    const std::string parent = ParentPath(missing);
    if (parent == missing) break;
    parents.push_back(parent);
    missing = parent;
  }
  GVSL_RETURN_IF_ERROR(files.CreateDirectories(path));
  for (const std::string& parent : parents) GVSL_RETURN_IF_ERROR(files.SyncDirectory(parent));
  return OkStatus();
}

Status WriteFileDurably(FileSystem& files, const std::string& path, std::string_view bytes) {
  static std::atomic<std::uint64_t> counter = 0;
  const std::string aside = Concat(path, ".tmp-", ::getpid(), "-", counter++);
  const auto write = [&]() -> Status {
    GVSL_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, files.Create(aside));
    GVSL_RETURN_IF_ERROR(file->Append(bytes));
    GVSL_RETURN_IF_ERROR(file->Sync());
    GVSL_RETURN_IF_ERROR(file->Close());
    GVSL_RETURN_IF_ERROR(files.Rename(aside, path));
    return files.SyncDirectory(ParentPath(path));
  };
  Status status = write();
  if (!status.ok() && files.Exists(aside)) (void)files.RemoveFile(aside);
  return status;
}

}  // namespace gvsl
