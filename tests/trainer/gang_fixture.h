// Ranks as threads of one process: generations of a gang, whose members come and go.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/fault_file_system.h"
#include "tests/support/tiny_dataset.h"
#include "tests/trainer/fake_method.h"
#include "worker/collective/local_communicator.h"
#include "worker/collective/nccl_communicator.h"
#include "worker/trainer/job_session.h"

namespace gvsl::trainer {

// Remembers what it is told; `on_step` may do something there.
class RecordingObserver final : public TrainerObserver {
 public:
  void OnRunning(std::uint64_t step) override { began.push_back(step); }
  void OnStep(const StepProgress& progress) override {
    steps.push_back(progress);
    if (announce) announce();
    if (on_step) on_step(progress);
  }
  void OnActivity(Activity activity) override {
    activities.push_back(activity);
    if (on_activity) on_activity(activity);
  }
  void OnData(const DataUse& use) override {
    data.push_back(use);
    if (on_data) on_data(use);
  }
  void OnCheckpoint(const CheckpointOutcome& outcome) override { checkpoints.push_back(outcome); }
  void OnEvaluated(const model::Curve& told, const model::Scores& scores) override {
    curve = told;
    result = scores;
  }
  void OnDamage(const std::vector<std::uint64_t>& steps) override { damaged = steps; }
  void OnQuarantine(const std::vector<LeftOutShard>& told) override {
    const bool more = told.size() > left_out.size();
    left_out = told;
    if (more && on_quarantine) on_quarantine();
  }
  void OnNotice(const std::string& sentence) override { notices.push_back(sentence); }

  std::function<void()> announce;  // the fixture's
  std::function<void(const StepProgress&)> on_step;
  std::function<void(Activity)> on_activity;
  std::function<void(const DataUse&)> on_data;
  std::vector<std::uint64_t> began;
  std::vector<StepProgress> steps;
  std::vector<Activity> activities;
  std::vector<DataUse> data;
  std::vector<CheckpointOutcome> checkpoints;
  model::Curve curve;
  model::Scores result;
  std::vector<std::uint64_t> damaged;
  std::function<void()> on_quarantine;  // there is one more
  std::vector<LeftOutShard> left_out;
  std::vector<std::string> notices;
};

// How many steps of this generation every rank has announced: what a test waits for, so that no
// rank's end overtakes what another has yet to receive.
class StepBoard {
 public:
  explicit StepBoard(int ranks) : steps_(ranks) {}
  void Announce(int rank) {
    const std::lock_guard lock(mutex_);
    ++steps_[rank];
    changed_.notify_all();
  }
  void AwaitAll(int steps) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return std::ranges::min(steps_) >= steps; });
  }
  void Await(int rank, int steps) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return steps_[rank] >= steps; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> steps_;
};

// Dies in the middle of the n-th sum, once everybody has announced all steps before it: its peers
// find it gone. Or misses the n-th sum: others have it, and this rank finds the gang broken.
class DyingCommunicator final : public collective::Communicator {
 public:
  DyingCommunicator(std::unique_ptr<Communicator> inner, int dies_at, int misses,
                    std::shared_ptr<StepBoard> board)
      : inner_(std::move(inner)),
        rank_(inner_->rank()),
        size_(inner_->size()),
        dies_at_(dies_at),
        misses_(misses),
        board_(std::move(board)) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  collective::FloatMemory& memory() override {
    return inner_ ? inner_->memory() : collective::HostMemory();
  }
  Status TreeSum(const collective::SlotTree& tree, std::span<const int> owners,
                 std::map<collective::SlotNode, std::span<float>>& parts,
                 std::span<float> total) override {
    const int sum = sums_++;
    if (sum == dies_at_) {
      board_->AwaitAll(sum);
      inner_.reset();
      return UnavailableError("this rank died");
    }
    Status status = inner_->TreeSum(tree, owners, parts, total);
    if (sum != misses_ || !status.ok()) return status;
    for (int rank = 0; rank < size_; ++rank) {
      if (rank != rank_) board_->Await(rank, sum + 1);
    }
    return AbortedError("somebody's abort overtook the sum");
  }
  Status StartAllReduce(std::span<float> values) override { return inner_->StartAllReduce(values); }
  Status FinishAllReduces() override {
    const int sum = sums_++;
    if (sum != dies_at_) return inner_->FinishAllReduces();
    board_->AwaitAll(sum);
    inner_.reset();
    return UnavailableError("this rank died");
  }
  Status failure() const override { return inner_ ? inner_->failure() : OkStatus(); }
  Status Broadcast(int root, std::span<std::byte> bytes) override {
    return inner_->Broadcast(root, bytes);
  }
  Status Barrier() override { return inner_->Barrier(); }
  void Abort(const Status& why) override {
    if (inner_) inner_->Abort(why);
  }
  std::vector<int> LostRanks() const override {
    return inner_ ? inner_->LostRanks() : std::vector<int>();
  }

 private:
  std::unique_ptr<Communicator> inner_;
  int rank_;
  int size_;
  int dies_at_;
  int misses_;
  int sums_ = 0;
  std::shared_ptr<StepBoard> board_;
};

// One worker of the job.
struct TestWorker {
  RecordingObserver observer;
  StopFlag stop;
  std::unique_ptr<JobSession> session;
  int dies_at_sum = -1;  // of its next generation; -1: never
  int misses_sum = -1;
  std::vector<int> lost;
};

class GangTest : public ::testing::Test {
 protected:
  using Slots = std::vector<std::vector<int>>;

  void SetUp() override {
    job_.uid = "uid-1";
    job_.name = "heads";
    job_.method = "gvsl";
    job_.width = 8;
    job_.seed = 3;
    job_.dataset = "/dataset";
    job_.slots = 5;
    job_.steps = 8;
    job_.threads = 1;
    job_.optimizer.learning_rate = 1e-2;
    job_.checkpoint = {.directory = "/ckpt", .every_steps = 3, .keep_last = 2, .keep_every = 0};
  }

  void MakeDataset(std::uint32_t volumes, std::array<std::int64_t, 3> size,
                   std::uint32_t volumes_per_shard) {
    auto manifest = testing::WriteTinyDataset(files_, "/dataset", volumes, size, volumes_per_shard);
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    dataset_ = *std::move(manifest);
    job_.dataset_sha256 = dataset_.sha256;
  }

  std::unique_ptr<TestWorker> NewWorker() {
    auto worker = std::make_unique<TestWorker>();
    worker->session =
        std::make_unique<JobSession>(TrainerEnvironment{files_, clock_, worker->observer,
                                                        "cpu/test", make_method_, device_, data_},
                                     job_);
    return worker;
  }
  std::vector<std::unique_ptr<TestWorker>> NewWorkers(int count) {
    std::vector<std::unique_ptr<TestWorker>> workers;
    for (int i = 0; i < count; ++i) workers.push_back(NewWorker());
    return workers;
  }

  // One generation of `workers`, in the order of their ranks; `slots` by rank, or dealt in turn.
  std::vector<StatusOr<GenerationEnd>> RunGang(
      const std::vector<std::unique_ptr<TestWorker>>& workers, Slots slots = {}) {
    const int size = static_cast<int>(workers.size());
    if (slots.empty()) {
      slots.resize(workers.size());
      for (int slot = 0; slot < static_cast<int>(job_.slots); ++slot) {
        slots[slot % size].push_back(slot);
      }
    }
    GangPlan gang;
    gang.generation = ++generation_;
    gang.checkpoint_step = known_checkpoint_;
    board_ = std::make_shared<StepBoard>(size);
    for (int rank = 0; rank < size; ++rank) {
      gang.members.push_back(
          {Concat("worker-", rank), "", slots[rank], workers[rank]->session->held_step()});
      if (gang.members[rank].held_step > gang.members[gang.source_rank].held_step) {
        gang.source_rank = rank;
      }
    }
    gang.source_rank = chosen_source_.value_or(gang.source_rank);
    auto communicators = collective::MakeLocalCommunicators(size);
    std::vector<StatusOr<GenerationEnd>> ends(workers.size(), GenerationEnd::kBroken);
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < size; ++rank) {
      threads.emplace_back([&, rank, plan = gang, link = std::move(communicators[rank])]() mutable {
        TestWorker& worker = *workers[rank];
        plan.rank = rank;
        worker.observer.announce = [rank, board = board_] { board->Announce(rank); };
        if (over_nccl_) {
          auto made = collective::MakeNcclCommunicator(std::move(link), {device_.index()});
          ASSERT_TRUE(made.ok()) << made.status();
          link = *std::move(made);
        }
        link = std::make_unique<DyingCommunicator>(std::move(link), worker.dies_at_sum,
                                                   worker.misses_sum, board_);
        ends[rank] = worker.session->RunGeneration(plan, *link, worker.stop);
        worker.lost = link->LostRanks();
      });
    }
    threads.clear();
    return ends;
  }

  void ExpectAll(const std::vector<StatusOr<GenerationEnd>>& ends, GenerationEnd expected) {
    for (const auto& end : ends) {
      ASSERT_TRUE(end.ok()) << end.status();
      EXPECT_EQ(*end, expected);
    }
  }

  // Trains a job from its beginning to its end with `size` workers; the last weights' SHA-256.
  std::string Train(int size, Slots slots = {}) {
    job_.checkpoint.directory = Concat("/ckpt-", ++directories_);
    const auto workers = NewWorkers(size);
    ExpectAll(RunGang(workers, std::move(slots)), GenerationEnd::kFinished);
    return LastWeights();
  }

  // The job by three workers, of which one dies after `first` steps; its place is taken, and
  // another dies after `second`. Two new workers then end it from the newest checkpoint: these.
  std::vector<std::unique_ptr<TestWorker>> TrainThroughTwoDeaths(std::uint64_t first,
                                                                 std::uint64_t second) {
    job_.checkpoint.directory = "/ckpt-killed";
    auto workers = NewWorkers(3);
    const auto die_after = [&](int rank, std::uint64_t step) {
      TestWorker& worker = *workers[rank];
      worker.observer.on_step = [&worker, step](const StepProgress& progress) {
        if (progress.step == step) worker.stop.Raise(StopVote::kNow);
      };
    };
    die_after(0, first);
    RunGang(workers);
    workers[0] = NewWorker();
    die_after(1, second);
    RunGang(workers);
    workers = NewWorkers(2);
    ExpectAll(RunGang(workers), GenerationEnd::kFinished);
    return workers;
  }

  std::string LastWeights() {
    const auto manifest = VerifyCheckpoint(files_, job_.checkpoint.directory, job_.steps);
    EXPECT_TRUE(manifest.ok()) << manifest.status();
    if (!manifest.ok()) return "none";
    const Status lineage = checkpoint::VerifyLineage(files_, job_.checkpoint.directory, *manifest);
    EXPECT_TRUE(lineage.ok()) << lineage;
    return manifest->WeightsSha256();
  }

  FaultFileSystem files_;
  FakeClock clock_;
  JobPlan job_;
  data_loader::DatasetManifest dataset_;
  MethodFactory make_method_ = MakeFakeMethod();
  std::uint64_t generation_ = 0;
  std::uint64_t known_checkpoint_ = 0;  // what the coordinator says
  std::optional<int> chosen_source_;    // instead of the member with the highest step
  std::shared_ptr<StepBoard> board_;    // of the newest generation
  int directories_ = 0;
  at::Device device_ = at::kCPU;
  DataOptions data_;
  bool over_nccl_ = false;  // one rank on device_
};

}  // namespace gvsl::trainer
