// The agent: acts on what AgentState decides. It owns the trainer process, the link to the
// coordinator, and the queue of what the coordinator has not acknowledged yet.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.h"
#include "common/file_system.h"
#include "worker/agent/agent_state.h"
#include "worker/agent/coordinator_link.h"
#include "worker/agent/job_logs.h"
#include "worker/agent/trainer_process.h"
#include "worker/agent/worker_metrics.h"

namespace gvsl::agent {

struct AgentOptions {
  std::string name;
  std::string incarnation;  // random
  std::string device = "cpu";
  std::uint32_t threads = 1;
  std::string work_dir;                      // holds logs/
  std::vector<std::string> trainer_command;  // path and arguments
  AgentTiming timing;
  v1::StaticGang static_gang;  // without an id: a worker of the pool
};

// Threads: Run's own (decides, starts trainers), the link's, and the two of each trainer process.
class Agent {
 public:
  Agent(AgentOptions options, CoordinatorClient& client, Metrics& metrics, Clock& clock,
        FileSystem& files);
  ~Agent();

  // Returns OK after Leave was obeyed, CANCELLED when the agent left without its trainer having
  // stopped in order, another error when this worker cannot work: refused by the coordinator, or a
  // trainer that never starts. A member of a static gang returns OK only after its job has
  // SUCCEEDED, ABORTED when the job ended otherwise, UNAVAILABLE when another launch may go on with
  // it. `on_listening` gets the first trainer's peer address, once. The calling thread is the
  // parent of the trainers: it must outlive them.
  Status Run(const std::function<void(const std::string& peer_address)>& on_listening);
  // The first call drains, the second ends at once. Any thread.
  void Leave();
  // Registered, and the trainer is there. Any thread.
  bool ready() const;
  // Brings the metrics of memory and disk up to date. Any thread.
  void MeasureMachine();

 private:
  void Act(const Decision& decision);
  void StartTrainer();
  void BuryTrainer(std::unique_lock<std::mutex>& lock);
  void AbandonTrainer(std::unique_lock<std::mutex>& lock);
  void EndTrainer(std::unique_lock<std::mutex>& lock);
  // `process` numbers the trainer processes: what an abandoned one says is not heard.
  void OnEvent(std::uint64_t process, const v1::TrainerEvent& event);
  void OnReport(const v1::TrainerReport& report);
  void OnOutput(std::string_view line);
  void OnExit(std::uint64_t process, const std::string& how);
  void KeepLink();
  v1::HeartbeatRequest Collect();
  void Deliver(const v1::HeartbeatResponse& response);
  void Changed();  // with the lock held
  std::uint64_t News() const { return state_.news() + checkpoint_news_; }

  const AgentOptions options_;
  CoordinatorClient& client_;
  Metrics& all_metrics_;
  Clock& clock_;
  JobLogs logs_;

  std::mutex measuring_;

  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  AgentState state_;
  WorkerMetrics metrics_;
  std::unique_ptr<TrainerProcess> trainer_;
  std::uint64_t trainer_number_ = 0;
  bool trainer_ended_ = false;
  std::string trainer_job_;  // whose lines the process writes, also after its death
  std::uint64_t samples_per_step_ = 0;
  std::string numeric_class_;
  std::string first_peer_address_;
  std::deque<v1::CheckpointReport> checkpoints_;  // not acknowledged; at most kMostCheckpoints
  std::size_t collected_checkpoints_ = 0;         // of them, in the heartbeat that is under way
  std::uint64_t checkpoint_news_ = 0;
  std::uint64_t collected_news_ = 0;
  std::uint64_t delivered_news_ = 0;
  bool wake_ = false;      // something happened: decide again
  bool stopping_ = false;  // the link ends
  Status fatal_;

  std::unique_ptr<CoordinatorLink> link_;
  std::thread link_thread_;
};

}  // namespace gvsl::agent
