// Tensors of one file.
#include "common/safetensors.h"

#include <string>

#include "tests/fuzz/parts.h"

namespace gvsl::fuzz {

int RunSafetensors(Bytes bytes) {
  const auto file = SafetensorsFile::Parse(FileInMemory(std::string(TextOf(bytes))));
  if (!file.ok()) return 0;
  const std::string_view whole = file->bytes();
  for (const auto& [name, view] : file->tensors()) {
    Demand(view.bytes.empty() ||
               (view.bytes.data() >= whole.data() &&
                view.bytes.data() + view.bytes.size() <= whole.data() + whole.size()),
           "a tensor beyond its file");
    std::uint64_t elements = 1;
    for (const std::int64_t size : view.shape) elements *= static_cast<std::uint64_t>(size);
    Demand(elements * DTypeSize(view.dtype) == view.bytes.size(), "a tensor of another size");
    Demand(file->Find(name).ok(), "a tensor that is not found");
  }
  const auto hashed = HashSafetensors(file->tensors(), file->metadata());
  Demand(hashed.ok(), "what was read cannot be written");
  return 0;
}

}  // namespace gvsl::fuzz
