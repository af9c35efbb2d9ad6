// The weights of a network on disk, whatever holds them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/checkpoint_manifest.h"
#include "common/file_system.h"
#include "common/safetensors.h"
#include "common/status.h"

namespace gvsl {

// Read-only; safe from any thread.
class StoredWeights {
 public:
  // `path` is a checkpoint (step-000000500, or wherever it was copied to), a job's directory of
  // checkpoints (MeantCheckpoint), a safetensors file, or a file of torch.save (.pth, .pt). A
  // checkpoint's hashes are compared. NOT_FOUND: nothing there. DATA_LOSS: damaged. Every message
  // names the path.
  static StatusOr<StoredWeights> Open(FileSystem& files, const std::string& path);

  // By name; views live as long as the object.
  const std::map<std::string, TensorView>& tensors() const;
  // Where `path` led to a checkpoint.
  const std::optional<CheckpointManifest>& manifest() const { return manifest_; }
  // What was opened.
  const std::string& path() const { return path_; }

 private:
  struct Content;
  StoredWeights(std::string path, std::shared_ptr<const Content> content);

  std::string path_;
  std::optional<CheckpointManifest> manifest_;
  std::shared_ptr<const Content> content_;
};

// Channels of the U-Net's first level, as its first weight tells; nothing without that.
std::optional<std::int64_t> BackboneWidth(const std::map<std::string, TensorView>& tensors);

}  // namespace gvsl
