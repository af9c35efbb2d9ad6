// Everything that training a job has come to: weights, optimiser, committed steps, and the lineage
// that is not on disk yet. It outlives generations, and is what a joining worker is sent.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/safetensors.h"
#include "common/status.h"
#include "model/adam.h"
#include "model/method.h"
#include "worker/checkpoint/checkpoint_store.h"
#include "worker/checkpoint/lineage.h"
#include "worker/trainer/job_plan.h"
#include "worker/trainer/seen_data.h"

namespace gvsl::trainer {

using MethodFactory =
    std::function<StatusOr<std::unique_ptr<model::Method>>(const model::MethodOptions&)>;

// Views, and what keeps alive what they show.
struct HostTensors {
  std::map<std::string, TensorView> views;
  std::vector<at::Tensor> tensors;
};

// Not thread-safe.
class TrainState {
 public:
  // Seeded initial weights at step 0.
  static StatusOr<std::unique_ptr<TrainState>> Create(const JobPlan& job, const SeenData& seen,
                                                      const MethodFactory& make_method,
                                                      at::Device device = at::kCPU);

  model::Method& method() { return *method_; }
  const std::vector<at::Tensor>& parameters() const { return parameters_; }
  std::uint64_t step() const { return lineage_.end(); }
  // False after a Commit, Restore or FromBlob that did not come to its end (an error, or an
  // exception: no memory): the state is then that of no step, and is to be thrown away.
  bool whole() const { return whole_; }
  checkpoint::LineageLog& lineage() { return lineage_; }
  const checkpoint::LineageLog& lineage() const { return lineage_; }

  // What the job leaves out of its dataset.
  const Quarantine& quarantine() const { return lineage_.quarantine(); }
  // What a state of this step is told by one that may know more of the step to come.
  void TakeQuarantine(Quarantine quarantine) { lineage_.TakeQuarantine(std::move(quarantine)); }

  // Parameters and fixed weights by their names in model.safetensors; shared.
  model::NamedTensors Weights() const;

  // Part of the step to come: what the method makes of the descriptions of all volumes. Where
  // `goes_on` answers false, it may be left half done until Rollback.
  void TakeDescriptions(const model::Survey& survey, const at::Tensor& descriptions,
                        const std::function<bool()>& goes_on);
  // Undoes what surveys have changed since the last Commit or Keep, so that what is held is of the
  // committed step.
  void Rollback();
  // After the last step, where no Commit follows: what surveys have changed stays.
  void Keep() { before_surveys_.clear(); }
  // Commits one step: the update from the parameters' gradients, and its samples.
  void Commit(double learning_rate, checkpoint::LineageRow samples);

  // The tensors in the host's memory under their names in a checkpoint; those of a GPU are copies.
  HostTensors ModelTensors() const;
  HostTensors OptimizerTensors() const;
  // DATA_LOSS: a tensor is missing or has another shape.
  Status Restore(const checkpoint::LoadedCheckpoint& checkpoint);

  // The whole state as bytes, between trainers of one version on machines of one byte order.
  std::vector<std::byte> ToBlob() const;
  // INTERNAL: not the blob of such a job.
  Status FromBlob(std::span<const std::byte> blob);

 private:
  TrainState(const JobPlan& job, std::unique_ptr<model::Method> method);
  // By name in the optimiser's file; with Weights(), all that the state is made of.
  model::NamedTensors OptimizerNames() const;
  std::vector<at::Tensor> AllTensors() const;

  std::unique_ptr<model::Method> method_;
  model::NamedTensors named_;  // the parameters
  std::vector<at::Tensor> parameters_;
  model::Adam adam_;
  checkpoint::LineageLog lineage_;
  // AllTensors before the first survey, in the host's memory; empty: there was none.
  std::vector<at::Tensor> before_surveys_;
  bool whole_ = true;
};

}  // namespace gvsl::trainer
