// A file of torch.save.
#include "common/torch_file.h"

#include "tests/fuzz/parts.h"

namespace gvsl::fuzz {

int RunTorchFile(Bytes bytes) {
  const auto file = TorchFile::Parse(TextOf(bytes));
  if (!file.ok()) return 0;
  for (const auto& [name, view] : file->tensors()) {
    std::uint64_t elements = 1;
    for (const std::int64_t size : view.shape) elements *= static_cast<std::uint64_t>(size);
    Demand(elements * DTypeSize(view.dtype) == view.bytes.size(), "a tensor of another size");
  }
  return 0;
}

}  // namespace gvsl::fuzz
