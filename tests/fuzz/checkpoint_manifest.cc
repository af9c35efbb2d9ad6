// The manifest of a checkpoint.
#include "common/checkpoint_manifest.h"

#include "tests/fuzz/parts.h"

namespace gvsl::fuzz {

int RunCheckpointManifest(Bytes bytes) {
  const auto manifest = ParseCheckpointManifest(TextOf(bytes));
  if (!manifest.ok()) return 0;
  (void)manifest->TotalBytes();
  (void)manifest->WeightsSha256();
  Demand(ParseCheckpointManifest(ToJson(*manifest)).ok(), "what was read cannot be written");
  return 0;
}

}  // namespace gvsl::fuzz
