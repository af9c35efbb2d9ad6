// A coordinator with agents and trainers that are scripted: they do what worker_service.proto says,
// a step a round, and time passes by hand. Checks on the way what must always hold.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/fault_file_system.h"
#include "coordinator/coordinator.h"

namespace gvsl::coordinator {

struct FakeWorker {
  std::string name;
  int life = 1;  // of the agent; its incarnation
  bool alive = true;
  bool silent = false;  // the agent hangs: no heartbeats, though the trainer works
  bool leaving = false;
  bool registered = false;
  std::string numeric_class = "cpu/test";
  v1::StaticGang static_gang;  // without an id: of the pool
  std::uint32_t threads = 1;
  double slot_seconds = 0.1;
  v1::TrainerReport report;
  v1::StopOrder::Mode vote = v1::StopOrder::MODE_UNSPECIFIED;
  v1::Directive directive;
  std::uint64_t directive_version = 0;
  std::uint64_t written_step = 0;
  std::uint64_t sequence = 0;                     // of the last heartbeat
  std::vector<v1::CheckpointReport> checkpoints;  // to be sent
};

class FakeCluster {
 public:
  static constexpr Duration kRound = std::chrono::milliseconds(100);

  FakeCluster();

  bool disk_full = false;  // where checkpoints go

  FakeWorker& AddWorker(const std::string& name);
  FakeWorker& worker(const std::string& name) { return workers_.at(name); }
  void Kill(const std::string& name) { worker(name).alive = false; }
  void KillTrainer(const std::string& name) { StartTrainer(worker(name)); }
  // The agent dies and comes back at once with a new incarnation.
  void RestartAgent(const std::string& name);

  // A spec that is complete; `steps` of one round each.
  v1::JobSpec Spec(const std::string& name, std::uint64_t steps) const;
  v1::Job Submit(const v1::JobSpec& spec);
  v1::Job Job(const std::string& name);
  std::vector<std::string> Events(const std::string& name);  // types
  bool HasEvent(const std::string& name, const std::string& type);

  void StopCoordinator() { coordinator_.reset(); }
  void StartCoordinator();
  Coordinator& coordinator() { return *coordinator_; }
  FaultFileSystem& files() { return files_; }
  FakeClock& clock() { return clock_; }

  void Round();
  void Rounds(int count);
  // False when it did not come about within 300 rounds.
  bool RoundsUntil(const std::function<bool()>& condition);
  bool Reaches(const std::string& job, v1::JobState state);
  bool ReachesStep(const std::string& job, std::uint64_t step);

  // Sends one heartbeat and obeys the answer.
  void Beat(FakeWorker& worker);

 private:
  using Group = std::vector<FakeWorker*>;  // the members of one generation, by rank

  void StartTrainer(FakeWorker& worker);
  void Obey(FakeWorker& worker);
  void Train(FakeWorker& worker);
  void TakeState(const Group& group, const v1::Assignment& assignment);
  void TakeStep(const Group& group, const v1::Assignment& assignment);
  void WriteCheckpoint(FakeWorker& worker, const v1::Assignment& assignment);
  std::uint64_t NewestCheckpointOnDisk(const v1::Assignment& assignment);

  FakeClock clock_;
  FaultFileSystem files_;
  std::unique_ptr<JobStore> store_;
  LogStore logs_;
  std::unique_ptr<Coordinator> coordinator_;
  std::map<std::string, FakeWorker> workers_;
};

}  // namespace gvsl::coordinator
