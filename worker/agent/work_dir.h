// The folder of one worker, held by one process at a time.
#pragma once

#include <string>

#include "common/status.h"

namespace gvsl::agent {

// Holds DIR/lock (flock) until destroyed or the process ends. Movable.
class WorkDir {
 public:
  // Creates the folder. FAILED_PRECONDITION: another process holds it.
  static StatusOr<WorkDir> Open(const std::string& path);
  WorkDir(WorkDir&& other) noexcept;
  WorkDir& operator=(WorkDir&&) = delete;
  ~WorkDir();

 private:
  explicit WorkDir(int file_descriptor) : file_descriptor_(file_descriptor) {}
  int file_descriptor_;
};

}  // namespace gvsl::agent
