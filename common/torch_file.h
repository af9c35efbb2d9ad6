// Files of torch.save: a zip archive of a pickle and the bytes of its tensors. Only what a
// state-dict needs is understood: nothing that a pickle asks to be called is ever called.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/file_system.h"
#include "common/safetensors.h"
#include "common/status.h"

namespace gvsl {

// The tensors of an archive, dense and row-major, by their names.
class TorchFile {
 public:
  // The bytes of the file. A state-dict, or a dictionary that holds one under "state_dict" or
  // "model". DATA_LOSS for what is damaged, INVALID_ARGUMENT for what is no state-dict: the message
  // names what was found in it instead.
  static StatusOr<TorchFile> Parse(std::string_view archive);

  // Views live as long as the object.
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }

 private:
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> storages_;  // what the views show
};

using NamedViews = std::vector<std::pair<std::string, TensorView>>;

// A state-dict of float32 and float64 tensors in this order, which torch.load(weights_only=True)
// reads. `take` gets the file piece by piece, each tensor as one; its first error ends it.
Status WriteTorchFile(const NamedViews& tensors, const TakePiece& take);

}  // namespace gvsl
