#include "model/look/look_command.h"

#include <ATen/Functions.h>

#include <exception>
#include <map>
#include <vector>

#include "common/stored_weights.h"
#include "common/text.h"
#include "data_loader/dataset.h"
#include "model/look/backbone.h"
#include "model/look/correspondence.h"
#include "model/look/look_file.h"
#include "model/look/looked_volume.h"
#include "model/look/restored_volume.h"
#include "model/look/tissue_features.h"
#include "model/memory.h"
#include "model/register/register_report.h"

namespace gvsl::model {
namespace {

// Of a pair; each has a similarity of every voxel.
constexpr std::size_t kMostPoints = 8;

using Tensors = std::map<std::string, at::Tensor>;

at::Tensor Rows(const std::vector<std::int32_t>& values) {
  return at::tensor(at::ArrayRef<std::int32_t>(values), at::kInt);
}

class Looker {
 public:
  Looker(const LookOptions& options, const StoredWeights& stored, data_loader::Dataset& dataset,
         Backbone backbone)
      : options_(options), stored_(stored), dataset_(dataset), backbone_(std::move(backbone)) {
    summary_.method = stored.manifest()->method;
    summary_.step = stored.manifest()->step;
  }

  Status LookAtTissue() {
    TissueFeatures tissue;
    const auto volumes =
        LabelledSubjects(dataset_.manifest(), static_cast<std::size_t>(options_.subjects));
    if (volumes.empty()) {
      return FailedPreconditionError(options_.dataset + ": no volume has a label map");
    }
    for (const std::uint32_t index : volumes) {
      GVSL_ASSIGN_OR_RETURN(const LookedVolume volume, ReadMiddle(dataset_, index));
      AddTissueFeatures(volume, backbone_.Local(volume.voxels), {options_.voxels, options_.seed},
                        tissue);
    }
    summary_.tissue_rows = static_cast<std::int64_t>(tissue.labels.size());
    tensors_["tissue.features"] =
        at::tensor(at::ArrayRef<float>(tissue.features)).view({summary_.tissue_rows, -1});
    tensors_["tissue.labels"] = Rows(tissue.labels);
    tensors_["tissue.subjects"] = Rows(tissue.subjects);
    return OkStatus();
  }

  Status LookAtPairs() {
    GVSL_ASSIGN_OR_RETURN(
        const auto pairs,
        DrawPairs(dataset_.manifest(), static_cast<std::size_t>(options_.pairs), options_.seed));
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      GVSL_ASSIGN_OR_RETURN(const LookedVolume one, ReadMiddle(dataset_, pairs[k].a));
      GVSL_ASSIGN_OR_RETURN(const LookedVolume other, ReadMiddle(dataset_, pairs[k].b));
      if (one.labels && other.labels) AddPair(Concat("pair-", k, "."), one, other);
      if (k == 0) GVSL_RETURN_IF_ERROR(LookAtRestoration(one.voxels, other.voxels));
    }
    return OkStatus();
  }

  const Tensors& tensors() const { return tensors_; }
  const LookSummary& summary() const { return summary_; }

 private:
  void AddPair(const std::string& prefix, const LookedVolume& one, const LookedVolume& other) {
    const auto found =
        FindPartners(*one.labels, backbone_.LocalAndGlobal(one.voxels), *other.labels,
                     backbone_.LocalAndGlobal(other.voxels), kMostPoints);
    tensors_[prefix + "one"] = one.voxels;
    tensors_[prefix + "other"] = other.voxels;
    std::vector<at::Tensor> similarities;
    std::vector<std::int32_t> places;
    for (const Correspondence& pair : found) {
      for (const Voxel& place : {pair.point, pair.partner}) {
        for (const std::int64_t at : place) places.push_back(static_cast<std::int32_t>(at));
      }
      places.push_back(pair.label);
      places.push_back(pair.partner_label);
      similarities.push_back(pair.similarity);
      ++summary_.points;
      summary_.points_of_label += pair.label == pair.partner_label ? 1 : 0;
    }
    if (found.empty()) return;
    tensors_[prefix + "points"] = Rows(places).view({-1, 8});
    tensors_[prefix + "similarity"] = at::stack(similarities);
  }

  Status LookAtRestoration(const at::Tensor& one, const at::Tensor& other) {
    if (!Restores(stored_.tensors())) return OkStatus();
    const auto [voxels, partner] = ToOneSize(one, other);
    GVSL_ASSIGN_OR_RETURN(const RestoredVolume volume, Restore(stored_.tensors(), summary_.method,
                                                               voxels, partner, options_.seed));
    tensors_["restoration.clean"] = volume.clean;
    tensors_["restoration.damaged"] = volume.damaged;
    tensors_["restoration.restored"] = volume.restored;
    summary_.restored = true;
    return OkStatus();
  }

  const LookOptions& options_;
  const StoredWeights& stored_;
  data_loader::Dataset& dataset_;
  Backbone backbone_;
  Tensors tensors_;
  LookSummary summary_;
};

}  // namespace

StatusOr<LookSummary> Look(FileSystem& files, const LookOptions& options) {
  GVSL_ASSIGN_OR_RETURN(const StoredWeights stored, StoredWeights::Open(files, options.checkpoint));
  if (!stored.manifest()) {
    return FailedPreconditionError(stored.path() +
                                   ": weights alone; a checkpoint is needed, which "
                                   "says what method trained them");
  }
  GVSL_ASSIGN_OR_RETURN(const auto dataset, data_loader::Dataset::Open(files, options.dataset));
  auto backbone = Backbone::Load(stored.tensors());
  if (!backbone.ok()) return backbone.status().WithContext(stored.path());
  Looker looker(options, stored, *dataset, *std::move(backbone));
  try {
    GVSL_RETURN_IF_ERROR(looker.LookAtTissue());
    GVSL_RETURN_IF_ERROR(looker.LookAtPairs());
  } catch (const std::exception& error) {
    if (IsShortOfMemory(error)) {
      return ResourceExhaustedError("not enough memory to look at " + options.dataset);
    }
    return InternalError(Concat("looking at ", options.dataset, ": ", error.what()));
  }
  GVSL_RETURN_IF_ERROR(
      WriteLook(files, options.output, looker.tensors(),
                {{"method", looker.summary().method}, {"step", Concat(looker.summary().step)}}));
  return looker.summary();
}

std::string ToText(const LookSummary& summary) {
  return Concat(summary.method, " at step ", summary.step, ": ", summary.tissue_rows,
                " voxels of known tissue; ", summary.points_of_label, " of ", summary.points,
                " points found a partner of their own label",
                summary.restored ? "; one volume restored" : "", "\n");
}

}  // namespace gvsl::model
