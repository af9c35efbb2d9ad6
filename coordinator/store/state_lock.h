// One coordinator a state directory: a lock that ends with the process.
#pragma once

#include <string>

#include "common/status.h"

namespace gvsl::coordinator {

// Movable; unlocks on destruction.
class StateLock {
 public:
  // FAILED_PRECONDITION: another coordinator has the directory (names its process).
  static StatusOr<StateLock> Take(const std::string& directory);
  ~StateLock();
  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&& other) noexcept;

 private:
  explicit StateLock(int file) : file_(file) {}
  int file_ = -1;
};

}  // namespace gvsl::coordinator
