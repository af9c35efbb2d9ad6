#include "worker/agent/work_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/file_system.h"
#include "common/text.h"

namespace gvsl::agent {

StatusOr<WorkDir> WorkDir::Open(const std::string& path) {
  GVSL_RETURN_IF_ERROR(PosixFileSystem().CreateDirectories(path));
  const std::string lock = JoinPath(path, "lock");
  const int file_descriptor = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_descriptor < 0) return ErrnoError(errno, "open " + lock);
  if (::flock(file_descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(file_descriptor);
    if (error != EWOULDBLOCK) return ErrnoError(error, "flock " + lock);
    return FailedPreconditionError(Concat("another gvsl-worker works in ", path));
  }
  return WorkDir(file_descriptor);
}

WorkDir::WorkDir(WorkDir&& other) noexcept
    : file_descriptor_(std::exchange(other.file_descriptor_, -1)) {}

WorkDir::~WorkDir() {
  if (file_descriptor_ >= 0) ::close(file_descriptor_);
}

}  // namespace gvsl::agent
