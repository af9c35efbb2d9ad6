// What is set before anything is computed, so that a step has the same bits every time.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

#include "worker/trainer/job_plan.h"

namespace gvsl::trainer {

// Threads and determinism for the calling thread, before anything is computed on it. Strict on a
// GPU: an operator of which LibTorch has no deterministic gradient throws, and float32 products are
// not rounded to TF32; fast allows both.
void SetUpNumerics(std::uint32_t threads, c10::Device device = c10::kCPU,
                   Numerics numerics = Numerics::kStrict);
// Computes something very small once, so that a job's first step does not wait for LibTorch (and
// CUDA) to set itself up.
void WarmUp(c10::Device device = c10::kCPU);

}  // namespace gvsl::trainer
