#include "model/memory.h"

#include <c10/util/Exception.h>

#include <malloc.h>

#include <limits>

namespace gvsl::model {

void KeepFreedMemory() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);
}

// The allocator of a processor's memory has no exception type of its own.
bool IsShortOfMemory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  return std::string(error.what()).find("DefaultCPUAllocator") != std::string::npos;
}

}  // namespace gvsl::model
