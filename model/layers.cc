#include "model/layers.h"

#include <ATen/ops/group_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/linear.h>

#include <algorithm>

#include "model/convolution.h"

namespace gvsl::model {

std::int64_t GroupsOf(std::int64_t channels) {
  std::int64_t groups = std::max<std::int64_t>(1, channels / kChannelsPerGroup);
  while (channels % groups != 0) --groups;
  return groups;
}

Conv3d::Conv3d(ParameterList& parameters, const std::string& name, std::int64_t in,
               std::int64_t out, std::int64_t kernel)
    : weight_(parameters.Add(name + ".weight", {out, in, kernel, kernel, kernel})),
      bias_(parameters.Add(name + ".bias", {out})) {}

at::Tensor Conv3d::Forward(const at::Tensor& x) const { return Convolve(x, weight_, bias_); }

NormActivation::NormActivation(ParameterList& parameters, const std::string& name,
                               std::int64_t channels, std::int64_t groups)
    : groups_(groups),
      weight_(parameters.Add(name + ".weight", {channels})),
      bias_(parameters.Add(name + ".bias", {channels})) {}

at::Tensor NormActivation::Forward(const at::Tensor& x) const {
  at::Tensor normed = at::group_norm(x, groups_, weight_, bias_, 1e-5);
  return at::leaky_relu_(normed, kLeakySlope);
}

DoubleConv::DoubleConv(ParameterList& parameters, const std::string& name, std::int64_t in,
                       std::int64_t out)
    : first_(parameters, name + ".double_conv.0", in, out, 3),
      first_norm_(parameters, name + ".double_conv.1", out, GroupsOf(out)),
      second_(parameters, name + ".double_conv.3", out, out, 3),
      second_norm_(parameters, name + ".double_conv.4", out, GroupsOf(out)) {}

at::Tensor DoubleConv::Forward(const at::Tensor& x) const {
  const at::Tensor middle = first_norm_.Forward(first_.Forward(x));
  return second_norm_.Forward(second_.Forward(middle));
}

Linear::Linear(ParameterList& parameters, const std::string& name, std::int64_t in,
               std::int64_t out)
    : weight_(parameters.Add(name + ".weight", {out, in})),
      bias_(parameters.Add(name + ".bias", {out})) {}

at::Tensor Linear::Forward(const at::Tensor& x) const { return at::linear(x, weight_, bias_); }

}  // namespace gvsl::model
