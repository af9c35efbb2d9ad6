#include "worker/trainer/failure.h"

#include <c10/util/Exception.h>

#include <new>
#include <string>

#include "common/text.h"

namespace gvsl::trainer {
namespace {

// The allocator of a processor's memory has no exception type of its own.
bool IsShortOfMemory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  return std::string(error.what()).find("DefaultCPUAllocator") != std::string::npos;
}

}  // namespace

Status FromException(const std::exception& error) {
  if (IsShortOfMemory(error)) {
    return ResourceExhaustedError("this worker has too little memory for the job");
  }
  if (const auto* torch_error = dynamic_cast<const c10::Error*>(&error)) {
    return InternalError(Concat("LibTorch: ", torch_error->what_without_backtrace()));
  }
  return InternalError(error.what());
}

bool IsOwnTrouble(const Status& error) {
  return error.code() == StatusCode::kResourceExhausted ||
         error.code() == StatusCode::kPermissionDenied || error.code() == StatusCode::kNotFound ||
         error.code() == StatusCode::kUnknown;
}

}  // namespace gvsl::trainer
