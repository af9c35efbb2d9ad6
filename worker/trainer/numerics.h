// What the bits of a step depend on besides the job: instruction set, library, threads.
#pragma once

#include <cstdint>
#include <string>

namespace gvsl::trainer {

// Threads and determinism for the calling thread, before anything is computed on it.
void SetUpNumerics(std::uint32_t threads);
// "cpu/avx512/torch-2.11.0".
std::string NumericClass();
// Computes something very small once, so that a job's first step does not wait for LibTorch to set
// itself up.
void WarmUp();

}  // namespace gvsl::trainer
