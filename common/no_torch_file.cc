// In place of torch_file.cc where there is nothing to read zip archives with.
#include "common/torch_file.h"

namespace gvsl {

StatusOr<TorchFile> TorchFile::Parse(std::string_view /*archive*/) {
  return UnimplementedError(
      "files of torch.save are read by builds with the service (GVSL_SERVICE=ON) alone");
}

}  // namespace gvsl
