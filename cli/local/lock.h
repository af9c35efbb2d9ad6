// One `gvslctl local` at a time on a folder.
#pragma once

#include <string>

#include "cli/core/context.h"

namespace gvsl::cli::local {

// Holds DIR/lock until destroyed; the operating system lets go of a dead process's.
class DirectoryLock {
 public:
  // Waits for --timeout; ABORTED when somebody still holds it.
  static StatusOr<DirectoryLock> Take(Context& context, const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file_descriptor) : file_descriptor_(file_descriptor) {}
  int file_descriptor_;
};

}  // namespace gvsl::cli::local
