// The layers that the networks are made of, over volumes (N, C, D, H, W). A layer adds its
// parameters to a list on construction and keeps shared handles; Forward records a graph where
// gradients are wanted.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "model/parameters.h"

namespace gvsl::model {

// Channels of a GroupNorm group after a convolution of the U-Net or of a matching head.
inline constexpr std::int64_t kChannelsPerGroup = 8;
inline constexpr double kLeakySlope = 0.2;

// Groups of a GroupNorm of so many channels: of kChannelsPerGroup, or where that does not come out
// even, of the next larger number that does.
std::int64_t GroupsOf(std::int64_t channels);

// Convolution of kernel^3 with a bias, zero-padded so that the size stays.
class Conv3d {
 public:
  Conv3d(ParameterList& parameters, const std::string& name, std::int64_t in, std::int64_t out,
         std::int64_t kernel);
  at::Tensor Forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

// GroupNorm (eps 1e-5) followed by LeakyReLU.
class NormActivation {
 public:
  NormActivation(ParameterList& parameters, const std::string& name, std::int64_t channels,
                 std::int64_t groups);
  at::Tensor Forward(const at::Tensor& x) const;

 private:
  std::int64_t groups_;
  at::Tensor weight_;
  at::Tensor bias_;
};

// Twice [3x3x3 convolution, GroupNorm(out/8 groups, at least 1), LeakyReLU]; its parameters are
// NAME.double_conv.{0,1,3,4}.
class DoubleConv {
 public:
  DoubleConv(ParameterList& parameters, const std::string& name, std::int64_t in, std::int64_t out);
  at::Tensor Forward(const at::Tensor& x) const;

 private:
  Conv3d first_;
  NormActivation first_norm_;
  Conv3d second_;
  NormActivation second_norm_;
};

class Linear {
 public:
  Linear(ParameterList& parameters, const std::string& name, std::int64_t in, std::int64_t out);
  at::Tensor Forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

}  // namespace gvsl::model
