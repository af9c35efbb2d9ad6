#include "worker/trainer/numeric_class.h"

#include <ATen/Version.h>
#include <gnu/libc-version.h>
#include <torch/version.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "common/text.h"
#include "model/cuda/devices.h"
#include "worker/trainer/processor.h"

namespace gvsl::trainer {
namespace {

constexpr const char* kOverrides[] = {"DNNL_CPU_ISA_HINTS",
                                      "DNNL_DEFAULT_FPMATH_MODE",
                                      "DNNL_MAX_CPU_ISA",
                                      "GLIBC_TUNABLES",
                                      "MKL_CBWR",
                                      "MKL_ENABLE_INSTRUCTIONS",
                                      "NVIDIA_TF32_OVERRIDE",
                                      "ONEDNN_CPU_ISA_HINTS",
                                      "ONEDNN_DEFAULT_FPMATH_MODE",
                                      "ONEDNN_MAX_CPU_ISA",
                                      "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"};

bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// One word: nothing that would end a part of the name, or the name.
std::string Word(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == '/' || c > '~'; },
      '_');
  return text;
}

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string GpuFacts(c10::Device device) {
  const auto gpu = model::cuda::Devices().found.at(static_cast<std::size_t>(device.index()));
  return Concat(Word(gpu.name), "-", gpu.capability, "/", model::cuda::LibraryVersions());
}

}  // namespace

std::string NumericClassName(const NumericFacts& facts) {
  std::vector<std::string> parts = {"cpu", Word(facts.capability), Word(facts.processor),
                                    "torch-" + Word(facts.torch)};
  if (!facts.onednn.empty()) {
    parts.push_back(Concat("onednn-", Word(facts.onednn), "-", Word(facts.isa)));
  }
  if (!facts.mkl.empty()) parts.push_back("mkl-" + Word(facts.mkl));
  if (!facts.glibc.empty()) parts.push_back("glibc-" + Word(facts.glibc));
  if (!facts.gpu.empty()) parts.insert(parts.begin(), {"cuda", facts.gpu});
  for (const auto& [name, value] : facts.overrides) parts.push_back(name + "=" + Word(value));
  return Join(parts, "/");
}

std::string VersionIn(const std::string& sentence) {
  const auto begin = std::find_if(sentence.begin(), sentence.end(), IsDigit);
  const auto end =
      std::find_if_not(begin, sentence.end(), [](char c) { return IsDigit(c) || c == '.'; });
  return {begin, end};
}

NumericFacts ReadNumericFacts(c10::Device device) {
  NumericFacts facts;
  if (device.is_cuda()) facts.gpu = GpuFacts(device);
  facts.capability = LowerCase(at::get_cpu_capability());
  facts.processor = ProcessorModel();
  facts.isa = InstructionSets();
  facts.torch = TORCH_VERSION;
  facts.onednn = VersionIn(at::get_mkldnn_version());
  facts.mkl = VersionIn(at::get_mkl_version());
  facts.glibc = ::gnu_get_libc_version();
  for (const char* name : kOverrides) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') facts.overrides.emplace_back(name, value);
  }
  return facts;
}

}  // namespace gvsl::trainer
