#include "model/parity/golden_formulas.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "common/text.h"

namespace gvsl::model {
namespace {

std::uint32_t Hash(std::uint32_t i, std::uint32_t seed) {
  std::uint32_t x = i * 0x9E3779B9U + seed;
  x ^= x >> 16;
  x *= 0x85EBCA6BU;
  x ^= x >> 13;
  x *= 0xC2B2AE35U;
  return x ^ (x >> 16);
}

std::uint32_t U24(std::uint32_t i, std::uint32_t seed) { return Hash(i, seed) >> 8; }

struct Range {
  float offset;
  float scale;
};

Range ConvolutionRange(const std::string& name, const at::Tensor& weight) {
  const double gain = name.starts_with("res_conv.3") ? 0.25
                      : name.starts_with("out_flow") ? 1
                                                     : std::sqrt(2.0);
  const double fan_in = static_cast<double>(weight.numel() / weight.size(0));
  return {0, static_cast<float>(gain * std::sqrt(3.0 / fan_in))};
}

Range ParameterRange(const std::string& name, const at::Tensor& parameter) {
  const bool weight = name.ends_with(".weight");
  if (name.starts_with("fc_trans")) return {0, weight ? 0.1875F : 1.5F};
  if (name.starts_with("fc_")) return {0, weight ? 0.09375F : 0.375F};
  if (name == "out_flow.bias") return {0, 1};
  if (weight && parameter.dim() == 1) return {1, 0.125F};
  return weight ? ConvolutionRange(name, parameter) : Range{0, 0.125F};
}

using Size = std::array<std::int64_t, 3>;

struct Blob {
  std::array<std::int64_t, 3> centre;
  std::int64_t radius;
  std::int64_t amplitude;
};

// One item of a case: its twelve blobs and, for the damaged role, six boxes of noise.
class Scene {
 public:
  Scene(const GoldenCase& the_case, int item, char role, std::uint32_t run)
      : seed_(GoldenSeed(Concat("scene:", the_case.name, ":", item), run)),
        role_(role),
        size_(the_case.size) {
    for (int k = 0; k < 12; ++k) blobs_[k] = MakeBlob(k);
  }

  float Value(const Size& i) const {
    std::int64_t t = (1 << 20) + i[0] * (1 << 20) / size_[0] + i[1] * (1 << 19) / size_[1];
    for (const Blob& blob : blobs_) t += BlobValue(blob, i);
    const auto linear = static_cast<std::uint32_t>((i[0] * size_[1] + i[1]) * size_[2] + i[2]);
    t += U24(linear, seed_ ^ (role_ == 'B' ? 0xBU : 0xAU)) >> 5;
    t = std::min<std::int64_t>(t, (1 << 24) - 1);
    if (role_ == 'X') {
      t = (t * ((1 << 24) + t)) >> 25;
      for (int box = 0; box < 6; ++box) {
        if (InBox(box, i)) t = U24(linear, seed_ ^ 0xDU);
      }
    }
    return static_cast<float>(t) * 0x1.0p-24F;
  }

 private:
  std::int64_t Draw(int k) const { return Hash(static_cast<std::uint32_t>(k), seed_); }

  Blob MakeBlob(int k) const {
    const std::int64_t m = *std::min_element(size_.begin(), size_.end());
    Blob blob{};
    blob.radius = 2 * m + Draw(16 * k + 3) % (4 * m);
    for (int a = 0; a < 3; ++a) blob.centre[a] = Draw(16 * k + a) % (16 * size_[a]);
    if (role_ == 'B') {
      for (int a = 0; a < 3; ++a) blob.centre[a] += Draw(16 * k + 8 + a) % 65 - 32;
      blob.radius = blob.radius * (90 + Draw(16 * k + 11) % 21) / 100;
    }
    blob.amplitude = (1 << 20) + Draw(16 * k + 4) % (3 << 20);
    return blob;
  }

  static std::int64_t BlobValue(const Blob& blob, const Size& i) {
    std::int64_t distance = 0;
    for (int a = 0; a < 3; ++a) {
      const std::int64_t d = 16 * i[a] - blob.centre[a];
      distance += d * d;
    }
    const std::int64_t square = blob.radius * blob.radius;
    if (distance >= square) return 0;
    const std::int64_t q = (square - distance) * 4096 / square;
    return (blob.amplitude * q * q) >> 24;
  }

  bool InBox(int box, const Size& i) const {
    for (int a = 0; a < 3; ++a) {
      const std::int64_t n = size_[a];
      const std::int64_t side =
          std::max<std::int64_t>(3, n / 8 + Draw(1024 + 8 * box + a) % (n / 8 + 1));
      const std::int64_t begin = Draw(1024 + 8 * box + 4 + a) % (n - side + 1);
      if (i[a] < begin || i[a] >= begin + side) return false;
    }
    return true;
  }

  std::uint32_t seed_;
  char role_;
  Size size_;
  std::array<Blob, 12> blobs_;
};

}  // namespace

std::uint32_t Crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

std::uint32_t Crc32OfFloats(const at::Tensor& float32) {
  const at::Tensor dense = float32.contiguous();
  return Crc32({static_cast<const char*>(dense.const_data_ptr()), dense.nbytes()});
}

float GoldenUniform(std::uint32_t i, std::uint32_t seed) {
  return static_cast<float>(U24(i, seed)) * 0x1.0p-23F - 1;
}

std::uint32_t GoldenSeed(std::string_view name, std::uint32_t run) { return Crc32(name) ^ run; }

void FillGoldenParameters(const NamedTensors& parameters, std::uint32_t run) {
  const at::NoGradGuard no_graph;
  for (const auto& [name, parameter] : parameters) {
    const auto [offset, scale] = ParameterRange(name, parameter);
    const std::uint32_t seed = GoldenSeed(name, run);
    at::Tensor values = at::empty(parameter.sizes(), at::kFloat);
    float* data = values.data_ptr<float>();
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      const double product = static_cast<double>(scale) * GoldenUniform(i, seed);
      data[i] = static_cast<float>(offset + product);
    }
    at::Tensor(parameter).copy_(values);
  }
}

at::Tensor GoldenVolumes(const GoldenCase& the_case, char role, std::uint32_t run) {
  const Size& size = the_case.size;
  at::Tensor volumes = at::empty({the_case.batch, 1, size[0], size[1], size[2]}, at::kFloat);
  float* next = volumes.data_ptr<float>();
  for (int item = 0; item < the_case.batch; ++item) {
    const Scene scene(the_case, item, role, run);
    for (std::int64_t z = 0; z < size[0]; ++z) {
      for (std::int64_t y = 0; y < size[1]; ++y) {
        for (std::int64_t x = 0; x < size[2]; ++x) *next++ = scene.Value({z, y, x});
      }
    }
  }
  return volumes;
}

}  // namespace gvsl::model
