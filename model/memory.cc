#include "model/memory.h"

#include <c10/util/Exception.h>

#include <string>

#include "common/freed_memory.h"

namespace gvsl::model {

void KeepFreedMemory() { gvsl::KeepFreedMemory(); }

// The allocator of a processor's memory has no exception type of its own.
bool IsShortOfMemory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  return std::string(error.what()).find("DefaultCPUAllocator") != std::string::npos;
}

}  // namespace gvsl::model
