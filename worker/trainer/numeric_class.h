// The numeric class: what the bits of a step depend on besides the job and its number of threads.
// Equal names promise equal bits; docs/adr/2026-11-25-numeric-class.md says what is in it and why.
#pragma once

#include <c10/core/Device.h>

#include <string>
#include <utility>
#include <vector>

namespace gvsl::trainer {

struct NumericFacts {
  // Of a GPU: model, compute capability, CUDA's libraries; empty for a processor. Augmentations are
  // drawn on the processor all the same, so that its facts stay in the name.
  std::string gpu;
  std::string capability;  // by which ATen chooses its kernels: "avx512"
  std::string processor;   // vendor, family and model, which oneDNN and MKL look at
  std::string isa;         // in oneDNN's words, as this machine (or its hypervisor) offers it
  std::string torch, onednn, mkl, glibc;  // versions; empty where there is none
  // Environment variables that steer these libraries, where they are set.
  std::vector<std::pair<std::string, std::string>> overrides;
};

// "cpu/avx512/GenuineIntel-6-207/torch-2.11.0/onednn-3.10.2-avx512_core_fp16/mkl-2024.2/glibc-2.36",
// then "/NAME=value" for each override; before it "cuda/NVIDIA_H100_80GB_HBM3-9.0/cuda-13.0/…"
// where a GPU computes. Without spaces. Pure.
std::string NumericClassName(const NumericFacts& facts);

// The first version number in a sentence: "3.10.2" of "Intel(R) MKL-DNN v3.10.2 (Git Hash …)".
std::string VersionIn(const std::string& sentence);

// Of this machine and one device of it: the same for every process on it with the same environment.
NumericFacts ReadNumericFacts(c10::Device device = c10::kCPU);
inline std::string NumericClass(c10::Device device = c10::kCPU) {
  return NumericClassName(ReadNumericFacts(device));
}

}  // namespace gvsl::trainer
