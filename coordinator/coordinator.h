// The shell around the pure deciders: keeps the jobs and the workers, asks validation, scheduler
// and gang what to do, writes the outcome to the store, and only then lets anybody see it.
//
// Every call drafts a change on copies, lets the deciders draw the consequences on the same draft,
// applies the draft to the store in one transaction, and takes it over into memory. When the store
// refuses, nothing has happened. Progress of steps is the exception: it is taken over at once and
// written once a second, for the workers report it again.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/file_system.h"
#include "common/status.h"
#include "coordinator/gang.h"
#include "coordinator/log_store.h"
#include "coordinator/scheduler.h"
#include "coordinator/store/job_store.h"
#include "coordinator/worker_pool.h"

namespace gvsl::coordinator {

struct CoordinatorOptions {
  WorkerOptions worker;
  GangOptions gang;
  // So many generations in a row that broke before a step was committed, because trainers died or
  // members could not reach each other, fail the job.
  std::uint32_t fruitless_limit = 5;
  // A worker whose own trouble cost it a seat in mid-job is taken again after so long.
  std::int64_t unable_rest_seconds = 300;
  Duration progress_interval = std::chrono::seconds(1);
  // A worker of a coordinator that was just started comes back within its back-off and one attempt
  // to connect.
  Duration reconnect_backoff = std::chrono::milliseconds(1500);
  // No heartbeat is held back for longer.
  Duration longest_wait = std::chrono::milliseconds(500);
};

// A job and the number of its change, for those who wait for the next.
struct JobChange {
  v1::Job job;
  std::uint64_t version = 0;
};

struct CoordinatorSnapshot {
  std::vector<v1::Job> jobs;
  std::map<std::string, std::uint64_t> lost_workers;                  // by job uid
  std::map<std::string, std::map<std::string, double>> lost_seconds;  // by job uid and cause
  std::vector<v1::Worker> workers;
  std::uint64_t heartbeats = 0;
};

// Thread-safe. Borrows everything it is given.
class Coordinator {
 public:
  static StatusOr<std::unique_ptr<Coordinator>> Open(CoordinatorOptions options, JobStore& store,
                                                     LogStore& logs, FileSystem& files,
                                                     Clock& clock);

  // As the services' proto files say; `job` is a name or a uid.
  StatusOr<v1::Job> CreateJob(const v1::CreateJobRequest& request);
  StatusOr<v1::Job> GetJob(const std::string& job);
  StatusOr<v1::ListJobsResponse> ListJobs(const v1::ListJobsRequest& request);
  StatusOr<v1::Job> CancelJob(const std::string& job);
  StatusOr<v1::Job> PauseJob(const std::string& job);
  StatusOr<v1::Job> ResumeJob(const std::string& job);
  StatusOr<v1::Job> ScaleJob(const v1::ScaleJobRequest& request);
  Status DeleteJob(const v1::DeleteJobRequest& request);
  StatusOr<v1::ListEventsResponse> ListEvents(const v1::ListEventsRequest& request);
  StatusOr<v1::ExplainJobResponse> ExplainJob(const std::string& job);
  // Waits until the job's change is another than `seen` (0: none was seen), at most so long; then
  // answers what there is. UNAVAILABLE when StopWaiting was called.
  StatusOr<JobChange> WaitForJob(const std::string& job, std::uint64_t seen, Duration at_most);
  // Steps of checkpoints that a worker found damaged.
  StatusOr<std::set<std::uint64_t>> DamagedCheckpoints(const std::string& job);
  // Reads the job's checkpoints from the disk again, after one was deleted.
  Status RefreshJobCheckpoints(const std::string& job);

  StatusOr<v1::RegisterWorkerResponse> RegisterWorker(const v1::RegisterWorkerRequest& request);
  StatusOr<v1::HeartbeatResponse> Heartbeat(const v1::HeartbeatRequest& request);
  v1::ListWorkersResponse ListWorkers();

  // Whatever time alone brings about: leases, accusations, progress to be written. Call it often
  // (50 ms).
  void Tick();
  // Reads the checkpoint directories in which a newer checkpoint may be. Without the lock: a mount
  // that hangs holds up its caller, never a heartbeat. Call it often (50 ms), from one thread.
  void LookAtDisks();
  // All calls that wait return, now and later.
  void StopWaiting();
  CoordinatorSnapshot Snapshot();

 private:
  struct JobEntry {
    v1::StoredJob stored;
    GangMemory memory;
    std::uint64_t version = 1;
    bool unwritten = false;  // progress
  };
  struct Contact {
    std::uint64_t directive_version = 0;
    google::protobuf::Timestamp register_time;
    std::shared_ptr<std::condition_variable> changed;
  };
  // A change in the making.
  struct Draft {
    std::map<std::string, v1::StoredJob> jobs;  // by uid
    std::map<std::string, GangMemory> memories;
    StoreChange change;  // its jobs are filled in when it is committed
  };

  Coordinator(CoordinatorOptions options, JobStore& store, LogStore& logs, FileSystem& files,
              Clock& clock);

  // All below with mutex_ held.
  // NOT_FOUND, or INVALID_ARGUMENT for an empty name.
  StatusOr<std::string> UidOf(const std::string& job) const;
  v1::StoredJob& Edit(Draft& draft, const std::string& uid);
  void AddEvent(Draft& draft, const v1::StoredJob& job, const std::string& type,
                const std::string& message, const std::string& worker = "");
  google::protobuf::Timestamp NextCreateTime() const;
  v1::Job View(const std::string& uid) const;
  std::vector<std::string> JobsByCreation(const Draft& draft) const;

  Status Finish(Draft& draft);  // Evaluate, then Commit
  void Evaluate(Draft& draft);
  void AdvanceGangs(Draft& draft, std::map<std::string, Demand>& demands);
  void ApplyDecision(Draft& draft, v1::StoredJob& job, GangDecision decision,
                     std::map<std::string, Demand>& demands);
  // The next generation is wanted; `to_save`: of those that are left, for a checkpoint.
  void Reform(Draft& draft, v1::StoredJob& job, bool to_save,
              std::map<std::string, Demand>& demands);
  void KeepGang(Draft& draft, v1::StoredJob& job, v1::Gang::Phase before,
                std::map<std::string, Demand>& demands);
  void ApplyGrants(Draft& draft, const std::map<std::string, Demand>& demands);
  void Form(Draft& draft, v1::StoredJob& job, const Grant& grant);
  void EndGang(Draft& draft, v1::StoredJob& job, v1::JobState state, const std::string& reason);
  // Not empty: there is no use in another generation, and why.
  std::string WhyHopeless(const Draft& draft, v1::StoredJob& job) const;
  bool NobodyIsAble(const Draft& draft, const v1::StoredJob& job) const;
  Demand DemandOf(const v1::StoredJob& job, Demand::Kind kind, std::size_t held) const;
  std::vector<Offer> Offers(const Draft& draft) const;
  std::vector<GangOffer> GangOffers(const Draft& draft, const std::vector<Offer>& offers) const;
  const v1::StoredJob& Drafted(const Draft& draft, const std::string& uid) const;
  Status Commit(Draft& draft);
  void TakeOver(Draft& draft);
  void PublishDirectives();
  void LogStateChange(const v1::StoredJob& before, const v1::StoredJob& after) const;

  void PassTime();
  void CountLostTime();
  void TakeProgress(const v1::HeartbeatRequest& request);
  void TakeQuarantineOf(Draft& draft, const WorkerView& worker);
  void TakeDatasetNews(Draft& draft, const WorkerView& worker, bool was_away);
  void TakeCheckpoints(Draft& draft, const v1::HeartbeatRequest& request);
  // A member stopped beyond the newest checkpoint that is known: there may be a newer one.
  void LookForCheckpoint(const v1::TrainerReport& report);
  // Takes over what the disk has beyond the newest that is known; with `forget`, exactly what it
  // has.
  void TakeFromDisk(Draft& draft, v1::StoredJob& job, const std::vector<v1::Checkpoint>& on_disk,
                    bool forget);
  void AddDamageEvents(Draft& draft, const v1::StoredJob& job, const v1::CheckpointReport& report,
                       const std::string& worker);
  void AddCheckpointEvent(Draft& draft, const v1::StoredJob& job, const v1::Checkpoint& checkpoint,
                          const std::string& worker);
  v1::Directive DirectiveOf(const WorkerView& worker) const;
  // Without a job's name: the worker is none whose static gang has served a job.
  v1::Dismissal DismissalOf(const WorkerView& worker) const;
  v1::Worker DescribeWorker(const WorkerView& worker) const;
  StatusOr<v1::Job> Change(const std::string& job,
                           const std::function<Status(Draft&, v1::StoredJob&)>& edit);

  const CoordinatorOptions options_;
  JobStore& store_;
  LogStore& logs_;
  FileSystem& files_;
  Clock& clock_;

  std::mutex mutex_;
  std::map<std::string, JobEntry> jobs_;  // by uid
  std::vector<std::string> order_;        // uids by creation
  WorkerPool pool_;
  std::map<std::string, Contact> contacts_;  // by worker name
  std::set<std::string> to_look_at_;         // uids, for LookAtDisks
  std::set<std::string> being_deleted_;      // uids
  TimePoint adopt_until_;
  TimePoint last_time_;
  TimePoint last_progress_write_;
  TimePoint last_count_;
  std::uint64_t heartbeats_ = 0;
  bool stopping_ = false;
  bool store_failed_ = false;
  std::condition_variable job_changed_;
};

}  // namespace gvsl::coordinator
