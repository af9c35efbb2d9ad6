// The golden vectors of tests/golden and the formulas of its README that rebuild their inputs.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "common/safetensors.h"
#include "model/parameters.h"

namespace gvsl::model {

// One file of tests/golden; a missing file or tensor ends the test program with a message.
class GoldenFile {
 public:
  explicit GoldenFile(const std::string& name);
  // A copy in the type it is stored in.
  at::Tensor Read(const std::string& tensor) const;
  // A copy as `dtype`.
  at::Tensor Read(const std::string& tensor, at::ScalarType dtype) const;
  double Scalar(const std::string& tensor) const;

 private:
  SafetensorsFile file_;
};

nlohmann::json GoldenIndex();

std::uint32_t Crc32(std::string_view bytes);
std::uint32_t Crc32OfFloats(const at::Tensor& float32);

// Uniform in [-1, 1), element i of the stream `seed`.
float GoldenUniform(std::uint32_t i, std::uint32_t seed);
// The seed of a name.
std::uint32_t GoldenSeed(std::string_view name);

// Fills parameters by name and shape.
void FillGoldenParameters(const NamedTensors& parameters);

// (N, 1, D, H, W), float32, of a case ("main", "odd"); role 'A', 'X' or 'B'.
at::Tensor GoldenVolumes(const std::string& name, char role);

double RelativeL2(const at::Tensor& value, const at::Tensor& expected);
double LargestDifference(const at::Tensor& value, const at::Tensor& expected);

}  // namespace gvsl::model
