#include "cli/local/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <utility>

#include "cli/core/this_machine.h"
#include "cli/local/instance.h"
#include "common/text.h"

namespace gvsl::cli::local {

StatusOr<DirectoryLock> DirectoryLock::Take(Context& context, const std::string& directory) {
  const std::string path = JoinPath(directory, "lock");
  const int file_descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_descriptor < 0) return OnThisMachine(ErrnoError(errno, Concat("opening ", path)));
  DirectoryLock lock(file_descriptor);
  const Clock& clock = context.environment().clock;
  const TimePoint end = clock.Now() + context.Timeout(kLocalTimeout);
  while (flock(file_descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoError(errno, Concat("locking ", path));
    if (clock.Now() >= end) return AbortedError(Concat("another gvslctl works on ", directory));
    if (context.interrupt().WaitFor(std::chrono::milliseconds(50))) {
      return CancelledError("interrupted");
    }
  }
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : file_descriptor_(std::exchange(other.file_descriptor_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (file_descriptor_ >= 0) close(file_descriptor_);
}

}  // namespace gvsl::cli::local
