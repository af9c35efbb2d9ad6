// A trained network at work: what lies where.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>

#include "common/file_system.h"
#include "common/safetensors.h"
#include "common/status.h"
#include "model/gvsl_network.h"

namespace gvsl::model {

struct Alignment {
  at::Tensor
      field;  // (3, D, H, W), float32: fixed voxel p lies at p + field(p) in the moving volume
  // (D, H, W), the moving volume read at the field; in the released geometry read twice, as the
  // released code does, of which the field is the composition.
  at::Tensor warped;
};

// Not thread-safe.
class Aligner {
 public:
  // The width and the parts of the network are read from the weights. FAILED_PRECONDITION when they
  // have no matching head, or are no weights of this network; names the tensor. `path` is whatever
  // common/stored_weights.h reads.
  static StatusOr<Aligner> Load(FileSystem& files, const std::string& path,
                                at::Device device = at::kCPU,
                                Geometry geometry = Geometry::kCorrected);

  // Volumes (D, H, W), float32, of one size, on the CPU, as what comes back is. RESOURCE_EXHAUSTED
  // when memory does not suffice.
  StatusOr<Alignment> Align(const at::Tensor& fixed, const at::Tensor& moving) const;
  std::int64_t width() const { return network_->options().width; }

 private:
  static StatusOr<Aligner> Build(const std::map<std::string, TensorView>& stored, at::Device device,
                                 Geometry geometry);
  explicit Aligner(std::unique_ptr<GvslNetwork> network) : network_(std::move(network)) {}
  std::unique_ptr<GvslNetwork> network_;
};

}  // namespace gvsl::model
