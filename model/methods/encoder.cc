#include "model/methods/encoder.h"

#include <algorithm>
#include <iterator>

namespace gvsl::model {
namespace {

template <typename Wanted>
NamedTensors Select(const NamedTensors& from, Wanted wanted) {
  NamedTensors selected;
  std::ranges::copy_if(from, std::back_inserter(selected),
                       [&](const auto& one) { return wanted(one.first); });
  return selected;
}

bool IsDecoder(const std::string& name) { return name.starts_with("unet.up"); }

}  // namespace

Encoder::Encoder(const MethodOptions& options)
    : parameters_(at::TensorOptions(at::kFloat).device(options.device)),
      unet_(parameters_, options.width),
      channels_(16 * options.width) {}

at::Tensor Encoder::Pooled(const at::Tensor& volumes) const {
  return Bottleneck(volumes).mean({2, 3, 4});
}

NamedTensors Encoder::Trained() const {
  return Select(parameters_.all(), [](const std::string& name) { return !IsDecoder(name); });
}

NamedTensors Encoder::Fixed() const { return Select(parameters_.all(), IsDecoder); }

NamedTensors Encoder::Heads() const {
  return Select(parameters_.all(),
                [](const std::string& name) { return !name.starts_with("unet."); });
}

}  // namespace gvsl::model
