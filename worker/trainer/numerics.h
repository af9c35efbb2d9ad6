// What is set before anything is computed, so that a step has the same bits every time.
#pragma once

#include <cstdint>

namespace gvsl::trainer {

// Threads and determinism for the calling thread, before anything is computed on it.
void SetUpNumerics(std::uint32_t threads);
// Computes something very small once, so that a job's first step does not wait for LibTorch to set
// itself up.
void WarmUp();

}  // namespace gvsl::trainer
