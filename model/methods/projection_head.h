// The small perceptrons that agreement methods put on pooled features.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "model/parameters.h"

namespace gvsl::model {

struct ProjectionOptions {
  std::vector<std::int64_t> widths;  // in, hidden..., out
  bool norm_hidden = true;           // batch normalisation before each ReLU
  bool norm_out = false;             // and, without weight and bias, after the last layer
};

// Linear layers with ReLU between them, over rows (N, in) -> (N, out). Batch normalisation (Ioffe
// and Szegedy 2015, eps 1e-5) takes its statistics from the rows it is given, always: rows are
// those of the global batch, and the head is thrown away after training. Parameters are
// NAME.K.weight, and NAME.K.bias or NAME.K.norm.{weight,bias}, by layer K.
class ProjectionHead {
 public:
  ProjectionHead(ParameterList& parameters, const std::string& name,
                 const ProjectionOptions& options);
  at::Tensor Forward(const at::Tensor& rows) const;

 private:
  struct Layer {
    at::Tensor weight;
    at::Tensor bias;         // undefined before a normalisation, which would take it away
    at::Tensor norm_weight;  // undefined without
    at::Tensor norm_bias;
    bool norm = false;
  };
  std::vector<Layer> layers_;
};

// Rows of length one. Zero rows stay zero.
at::Tensor UnitRows(const at::Tensor& rows);

// How far rows (N, C) are from having collapsed into one: the mean over the channels of the
// standard deviation of the unit rows, times sqrt(C); 0: all alike, about 1: spread over the sphere
// (Chen and He, SimSiam, section 4.1).
at::Tensor Spread(const at::Tensor& rows);

}  // namespace gvsl::model
