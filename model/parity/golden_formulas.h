// The formulas of tests/golden/README.md, section 1, that rebuild weights and inputs of the golden
// vectors. `run` is the seed of a folder, "seed" of its index.json. Pure.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/parameters.h"

namespace gvsl::model {

struct GoldenCase {
  std::string name;
  std::array<std::int64_t, 3> size{};  // D, H, W
  int batch = 1;
};

std::uint32_t Crc32(std::string_view bytes);
std::uint32_t Crc32OfFloats(const at::Tensor& float32);

// Uniform in [-1, 1), element i of the stream `seed`.
float GoldenUniform(std::uint32_t i, std::uint32_t seed);
// The seed of a name.
std::uint32_t GoldenSeed(std::string_view name, std::uint32_t run);

// Fills parameters by name and shape.
void FillGoldenParameters(const NamedTensors& parameters, std::uint32_t run);

// (N, 1, D, H, W), float32; role 'A' (clean, fixed), 'X' (A damaged) or 'B' (moving).
at::Tensor GoldenVolumes(const GoldenCase& the_case, char role, std::uint32_t run);

}  // namespace gvsl::model
