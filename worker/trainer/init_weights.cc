#include "worker/trainer/init_weights.h"

#include <map>

#include "common/stored_weights.h"
#include "common/text.h"
#include "model/weights_file.h"

namespace gvsl::trainer {
namespace {

using StoredTensors = std::map<std::string, TensorView>;

bool IsBackbone(const std::string& name) { return name.starts_with("unet."); }
bool IsDecoder(const std::string& name) { return name.starts_with("unet.up"); }

struct Match {
  StoredTensors stored;
  model::NamedTensors weights;
  bool decoder_is_there = false;
  std::vector<std::string> missing_decoder;
  std::vector<std::string> seeded_heads;
};

StatusOr<Match> MatchByName(const StoredTensors& stored, const model::NamedTensors& weights) {
  Match match;
  for (const auto& [name, tensor] : weights) {
    const auto found = stored.find(name);
    const bool is_there = found != stored.end();
    const bool fits = is_there && found->second.shape == tensor.sizes().vec();
    if (fits) {
      match.stored.emplace(name, found->second);
      match.weights.emplace_back(name, tensor);
      match.decoder_is_there |= IsDecoder(name);
    } else if (IsBackbone(name) && is_there) {
      return FailedPreconditionError(Concat("the tensor ", name, " has another shape"));
    } else if (IsDecoder(name)) {
      match.missing_decoder.push_back(name);
    } else if (IsBackbone(name)) {
      return FailedPreconditionError(
          Concat("it holds no backbone of this network: there is no ", name));
    } else {
      match.seeded_heads.push_back(name);
    }
  }
  if (match.decoder_is_there && !match.missing_decoder.empty()) {
    return FailedPreconditionError(Concat("there is no ", match.missing_decoder.front()));
  }
  return match;
}

Status CheckWidth(const StoredTensors& stored, std::uint32_t width) {
  const auto stored_width = BackboneWidth(stored);
  if (!stored_width || *stored_width == static_cast<std::int64_t>(width)) return OkStatus();
  return FailedPreconditionError(
      Concat("it holds a network of width ", *stored_width, ", model.width is ", width));
}

Status Load(const StoredWeights& opened, const JobPlan& job, TrainState& state,
            std::vector<std::string>& notices) {
  GVSL_RETURN_IF_ERROR(CheckWidth(opened.tensors(), job.width));
  GVSL_ASSIGN_OR_RETURN(const Match match, MatchByName(opened.tensors(), state.Weights()));
  const bool freezes_decoder = job.task.frozen && job.task.task != "classify";
  if (!match.missing_decoder.empty() && freezes_decoder) {
    return FailedPreconditionError(
        "it holds an encoder without a decoder; init.frozen would leave a decoder of random "
        "weights");
  }
  GVSL_RETURN_IF_ERROR(model::LoadWeights(match.stored, match.weights));
  state.method().AfterInit();
  notices.push_back(Concat("begins with ", match.weights.size(), " tensors of ", opened.path()));
  if (!match.missing_decoder.empty()) {
    notices.push_back("the decoder begins with seeded weights: there is none in init.checkpoint");
  }
  if (!match.seeded_heads.empty()) {
    notices.push_back(Concat("begin with seeded weights: ", Join(match.seeded_heads, ", ")));
  }
  return OkStatus();
}

}  // namespace

Status LoadInitWeights(FileSystem& files, const JobPlan& job, TrainState& state,
                       std::vector<std::string>& notices) {
  const auto opened = StoredWeights::Open(files, job.init_checkpoint);
  if (!opened.ok()) return opened.status().WithContext("init.checkpoint");
  return Load(*opened, job, state, notices).WithContext("init.checkpoint: " + opened->path());
}

}  // namespace gvsl::trainer
