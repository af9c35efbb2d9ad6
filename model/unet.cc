#include "model/unet.h"

#include <ATen/ops/cat.h>

#include "common/text.h"
#include "model/resize.h"
#include "model/unet_padding.h"

namespace gvsl::model {
namespace {

constexpr std::int64_t kLevels = 4;

}  // namespace

UNet::UNet(ParameterList& parameters, std::int64_t width) {
  encoder_.emplace_back(parameters, "unet.inc", 1, width);
  for (std::int64_t level = 1; level <= kLevels; ++level) {
    encoder_.emplace_back(parameters, Concat("unet.down", level, ".maxpool_conv.1"),
                          width << (level - 1), width << level);
  }
  for (std::int64_t level = kLevels; level >= 1; --level) {
    const std::int64_t skip = width << (level - 1);
    decoder_.emplace_back(parameters, Concat("unet.up", kLevels + 1 - level, ".conv"),
                          skip + (width << level), skip);
  }
}

std::vector<at::Tensor> UNet::Levels(const at::Tensor& x) const {
  std::vector<at::Tensor> levels = {encoder_[0].Forward(PadToMultiple(x))};
  for (std::int64_t level = 1; level <= kLevels; ++level) {
    levels.push_back(encoder_[level].Forward(HalveByMaximum(levels.back())));
  }
  return levels;
}

at::Tensor UNet::Encode(const at::Tensor& x) const { return Levels(x).back(); }

Features UNet::Forward(const at::Tensor& x) const {
  std::vector<at::Tensor> skips = Levels(x);
  const at::Tensor global = skips.back();
  at::Tensor local = global;
  for (std::int64_t step = 0; step < kLevels; ++step) {
    skips.pop_back();
    local = decoder_[step].Forward(at::cat({skips.back(), UpsampleDouble(local)}, 1));
  }
  return {global, CropBack(local, x)};
}

}  // namespace gvsl::model
