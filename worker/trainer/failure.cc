#include "worker/trainer/failure.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <string>

#include "common/text.h"
#include "model/memory.h"

namespace gvsl::trainer {
namespace {

// Without the stack.
std::string Sentence(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  return torch_error == nullptr ? error.what() : torch_error->what_without_backtrace();
}

// cuBLAS and cuDNN have no exceptions of their own. A convolution that finds no memory for its
// workspace says that it finds no engine.
bool IsOfTheGpu(const std::exception& error) {
  if (dynamic_cast<const c10::AcceleratorError*>(&error) != nullptr) return true;
  const std::string what = error.what();
  return std::ranges::any_of(
      std::array{"CUDA error", "CUBLAS_STATUS", "CUDNN_STATUS", "cuDNN error", "find an engine"},
      [&what](const char* word) { return what.find(word) != std::string::npos; });
}

}  // namespace

Status FromException(const std::exception& error) {
  if (model::IsShortOfMemory(error)) {
    return ResourceExhaustedError("this worker has too little memory for the job");
  }
  // After it the device is of no use to this process.
  if (IsOfTheGpu(error)) {
    return Status(StatusCode::kUnknown, Concat("this worker's GPU: ", Sentence(error)));
  }
  const bool of_torch = dynamic_cast<const c10::Error*>(&error) != nullptr;
  return InternalError(Concat(of_torch ? "LibTorch: " : "", Sentence(error)));
}

bool IsOwnTrouble(const Status& error) {
  return error.code() == StatusCode::kResourceExhausted ||
         error.code() == StatusCode::kPermissionDenied || error.code() == StatusCode::kNotFound ||
         error.code() == StatusCode::kUnknown;
}

}  // namespace gvsl::trainer
