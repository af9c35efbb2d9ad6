#include "model/infer/trained_network.h"

#include <algorithm>
#include <ranges>

#include "common/checkpoint_directory.h"
#include "common/stored_weights.h"
#include "common/text.h"
#include "data_loader/volume_limits.h"

namespace gvsl::model {
namespace {

constexpr std::uint32_t kWidest = 1024;
constexpr std::uint32_t kMostClasses = 32767;

// What this program computes sizes from. The manifest has no hash of its own.
Status CheckManifest(const CheckpointManifest& manifest) {
  const auto impossible = [](const char* field) {
    return DataLossError(Concat("manifest.json: ", field, " is impossible"));
  };
  if (manifest.width < 8 || manifest.width % 8 != 0 || manifest.width > kWidest) {
    return impossible("width");
  }
  if (manifest.classes > kMostClasses) return impossible("classes");
  if (manifest.task == "segment" && manifest.classes < 2) return impossible("classes");
  for (const std::int64_t length : manifest.patch) {
    if (length < 0 || length > data_loader::kLongestAxis) return impossible("patch");
  }
  for (const double length : manifest.spacing) {
    const bool native = length == 0;
    if (!native &&
        !(length >= data_loader::kShortestSpacing && length <= data_loader::kLongestSpacing)) {
      return impossible("spacing");
    }
  }
  return OkStatus();
}

// A checkpoint, whatever its directory is called; without what only training needs.
StatusOr<TrainedNetwork> OpenCheckpoint(FileSystem& files, const std::string& checkpoint) {
  GVSL_ASSIGN_OR_RETURN(const StoredWeights weights, StoredWeights::Open(files, checkpoint));
  GVSL_RETURN_IF_ERROR(CheckManifest(*weights.manifest()).WithContext(checkpoint));
  return TrainedNetwork{*weights.manifest(), JoinPath(checkpoint, kModelFile)};
}

StatusOr<TrainedNetwork> OpenStep(FileSystem& files, const std::string& directory,
                                  std::uint64_t step) {
  return OpenCheckpoint(files, JoinPath(directory, CheckpointName(step)));
}

StatusOr<TrainedNetwork> OpenNewest(FileSystem& files, const std::string& directory) {
  GVSL_ASSIGN_OR_RETURN(const auto steps, ListCheckpointSteps(files, directory));
  std::vector<std::string> damaged;
  const auto meant = MeantCheckpoint(files, directory);
  if (meant.ok() && *meant != steps.back()) {
    StatusOr<TrainedNetwork> best = OpenStep(files, directory, *meant);
    if (best.ok()) return best;
    damaged.push_back(best.status().message());
  }
  for (const std::uint64_t step : std::views::reverse(steps)) {
    StatusOr<TrainedNetwork> network = OpenStep(files, directory, step);
    const StatusCode code = network.status().code();
    if (code != StatusCode::kDataLoss && code != StatusCode::kNotFound) {
      if (network.ok()) network->warnings = std::move(damaged);
      return network;
    }
    damaged.push_back(network.status().message());
  }
  if (!damaged.empty()) return DataLossError(Join(damaged, "; "));
  return NotFoundError("this is no checkpoint (step-000000500), and holds none");
}

}  // namespace

StatusOr<TrainedNetwork> OpenTrainedNetwork(FileSystem& files, const std::string& path) {
  const std::string context = "--checkpoint " + path;
  if (!files.IsDirectory(path)) return NotFoundError(context + ": there is no such directory");
  const bool is_one = files.Exists(JoinPath(path, kManifestFile));
  StatusOr<TrainedNetwork> network = is_one ? OpenCheckpoint(files, path) : OpenNewest(files, path);
  if (!network.ok()) return network.status().WithContext(context);
  return network;
}

std::array<std::int64_t, 3> WindowOver(const TrainedNetwork& trained,
                                       const std::array<std::int64_t, 3>& size) {
  std::array<std::int64_t, 3> window = trained.manifest.patch;
  for (int axis = 0; axis < 3; ++axis) {
    if (window[axis] == 0) window[axis] = size[axis];
  }
  return window;
}

}  // namespace gvsl::model
