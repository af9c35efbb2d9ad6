// Small checkpoints for tests: weights and lineage are a function of the step alone.
#pragma once

#include <string>
#include <vector>

#include "worker/checkpoint/checkpoint_store.h"

namespace gvsl::checkpoint {

inline constexpr std::uint32_t kTestSlots = 2;
inline constexpr char kTestJob[] = "uid-1";

// What a trainer holds: weights of `step`, and the lineage up to it.
class FakeTraining {
 public:
  std::uint64_t step() const { return lineage_.end(); }
  LineageLog& lineage() { return lineage_; }

  void TrainTo(std::uint64_t step) {
    while (lineage_.end() < step) {
      const auto t = static_cast<std::int64_t>(lineage_.end());
      lineage_.Append(std::vector<std::int64_t>{t, t + 1, t + 2, t + 3});
    }
    weights_.assign(37, static_cast<float>(step) * 0.5f);
    moments_.assign(74, static_cast<float>(step) * 0.25f);
  }

  float& weight() { return weights_[5]; }

  CheckpointContent Content() const {
    CheckpointContent content;
    content.manifest.job_uid = kTestJob;
    content.manifest.job_name = "heads";
    content.manifest.step = lineage_.end();
    content.manifest.slots = kTestSlots;
    content.manifest.batch_per_slot = 1;
    content.manifest.lineage_sha256 = lineage_.hash();
    content.manifest.quarantine = lineage_.quarantine();
    content.model["a.weight"] = FloatTensorView(weights_, {37});
    content.optimizer["exp_avg.a.weight"] = FloatTensorView(moments_, {2, 37});
    content.lineage = &lineage_;
    return content;
  }

 private:
  LineageLog lineage_{kTestSlots, 1};
  std::vector<float> weights_, moments_;
};

// Trains on to `step`, writes its checkpoint, and lets go of the published lineage.
inline Status TrainAndWrite(CheckpointStore& store, FakeTraining& training, std::uint64_t step) {
  training.TrainTo(step);
  GVSL_RETURN_IF_ERROR(store.Write(training.Content()).status());
  training.lineage().Trim(step);
  return store.Retain(step).status();
}

}  // namespace gvsl::checkpoint
