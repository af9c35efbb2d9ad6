#include "coordinator/store/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "common/file_system.h"
#include "common/text.h"

namespace gvsl::coordinator {

StatusOr<StateLock> StateLock::Take(const std::string& directory) {
  const std::string path = JoinPath(directory, "lock");
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return ErrnoError(errno, Concat("open ", path));
  StateLock lock(file);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoError(errno, Concat("lock ", path));
    std::array<char, 32> holder{};
    const ssize_t size = pread(file, holder.data(), holder.size() - 1, 0);
    return FailedPreconditionError(Concat("another coordinator (process ",
                                          size > 0 ? holder.data() : "unknown",
                                          ") works on the state directory ", directory));
  }
  const std::string self = std::to_string(getpid());
  if (ftruncate(file, 0) != 0 || pwrite(file, self.data(), self.size(), 0) < 0) {
    return ErrnoError(errno, Concat("write ", path));
  }
  return lock;
}

StateLock::~StateLock() {
  if (file_ >= 0) close(file_);
}
StateLock::StateLock(StateLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
StateLock& StateLock::operator=(StateLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

}  // namespace gvsl::coordinator
