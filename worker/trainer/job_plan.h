// What a trainer is told to do, as plain values: the job, and the generation of its gang. The
// pipe's door (assignment_pipe) makes them from the agent's messages.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data_loader/downstream.h"

namespace gvsl::trainer {

struct OptimizerPlan {
  double learning_rate = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double weight_decay = 0;
  double clip_norm = 0;            // 0: gradients are not clipped
  std::uint64_t warmup_steps = 0;  // the rate rises linearly over them
};

// A downstream task; `task` is empty where a method pre-trains.
struct TaskPlan {
  std::string task;
  bool frozen = false;
  std::uint64_t evaluate_every = 200;
  data_loader::SplitRequest split;
  data_loader::ClassMap labels;
};

struct CheckpointPlan {
  std::string directory;
  std::uint64_t every_steps = 500;
  std::uint32_t keep_last = 3;
  std::uint64_t keep_every = 10000;  // 0: none
};

// What carries the gradients.
enum class CollectiveChoice {
  kAuto,  // nccl where every member has a GPU of its own, else grpc
  kNccl,
  kGrpc,  // and everything else that adds in the host's memory
};

enum class Numerics {
  kStrict,  // the same bits for any number of workers
  kFast,
  kReference,  // strict, with the released code's geometry
};

// The same for every worker and every generation of the job.
struct JobPlan {
  std::string uid;
  std::string name;
  std::string method = "gvsl";
  std::uint32_t width = 32;
  std::uint64_t seed = 1;
  std::string dataset;  // directory
  std::string dataset_sha256;
  std::array<std::int64_t, 3> patch{};  // voxels z, y, x; zeros: the dataset's largest size
  std::uint64_t steps = 1;
  std::uint32_t slots = 8;
  std::uint32_t batch_per_slot = 1;
  std::uint32_t threads = 1;  // that compute one slot; bits depend on it
  Numerics numerics = Numerics::kStrict;
  CollectiveChoice collective = CollectiveChoice::kAuto;
  OptimizerPlan optimizer;
  CheckpointPlan checkpoint;
  // Weights to begin with, as common/stored_weights.h finds them; empty: seeded ones.
  std::string init_checkpoint;
  TaskPlan task;
};

struct MemberPlan {
  std::string name;
  std::string peer_address;
  std::vector<int> slots;                  // ascending
  std::optional<std::uint64_t> held_step;  // absent: holds no state
  std::string device = "cpu";              // "cuda:0"
};

// One generation of the gang, the same for all members but for `rank`.
struct GangPlan {
  std::uint64_t generation = 0;
  int rank = 0;
  std::vector<MemberPlan> members;  // by rank; every slot of the job has one member
  int source_rank = 0;              // whose state everybody takes
  // The newest checkpoint that the job is known to have, 0 for none: nobody begins below it.
  std::uint64_t checkpoint_step = 0;
};

// The rank that computes each slot; -1 where none does.
std::vector<int> SlotOwners(const GangPlan& gang, std::uint32_t slots);
// The slots that `rank` computes, ascending.
std::vector<int> SlotsOf(const std::vector<int>& owners, int rank);
// The rate of the update that makes step + 1 out of `step` committed steps.
double LearningRate(const OptimizerPlan& plan, std::uint64_t step);

}  // namespace gvsl::trainer
