// The life of one generation of a gang, as a pure function of (now, job, what was remembered,
// workers).
//
//            members say RUNNING             a loss, a leaver, a joiner, pause, fewer wanted
//   FORMING ---------------------> RUNNING ------------------------------------------+
//      |         a loss                                                               v
//      +---------------------------------------------------------------------> STOPPING
//                                                all living members stopped        |
//   next generation <-- kReform --------------------------------------------------+--> kPaused
//   the same, only to write a checkpoint, where too few are left to train or
//   the last ones leave <-- kSave ------------------------------------------------+
//   QUEUED, without a gang <-- kRequeue (nobody lives, or what too few hold is on disk; a static
//   gang, whatever ended its one generation)
//   anywhere: rank 0 FINISHED, or gone, and the last checkpoint listed -> kSucceeded; a member that
//   had begun FAILED for a cause that all share -> kFailed. One that had not begun, or whose
//   trouble is its own, loses its seat and is named in `unable`.
//
// Fencing: a report counts only for the generation, agent incarnation and trainer incarnation that
// the gang was formed with. Everything is level-triggered: the same reports seen twice decide the
// same.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "coordinator/worker_view.h"
#include "gvsl/v1/job_service.pb.h"
#include "gvsl/v1/stored_job.pb.h"

namespace gvsl::coordinator {

struct GangOptions {
  // A member that its peers lost and that stays silent for so long after they said so is lost,
  // though its lease has not run out. Longer than two heartbeat intervals.
  Duration accusation_grace = std::chrono::milliseconds(400);
  // How long a stopped gang waits for the report of the checkpoint that it was told to write. The
  // last checkpoint of a job is waited for as long as its writer lives.
  Duration checkpoint_grace = std::chrono::seconds(2);
  // So long do survivors that are fewer than `min` wait for others with what they hold. Then they
  // write a checkpoint and are free for other jobs.
  Duration shortage_grace = std::chrono::seconds(5);
  // When the disk refused that checkpoint, they try again after so long.
  Duration save_retry = std::chrono::seconds(30);
};

// What a coordinator remembers of a generation and may forget when it dies. Made anew with each
// generation.
struct GangMemory {
  std::map<std::string, TimePoint> accused_at;  // members, by their peers; the first time only
  std::optional<TimePoint> settled_at;          // all living members had stopped
};

struct GangDecision {
  enum class Verdict { kStay, kReform, kSave, kRequeue, kPaused, kSucceeded, kFailed };
  Verdict verdict = Verdict::kStay;
  std::string sentence;  // why, for the job's reason; empty: nothing to say
  v1::Gang gang;
  GangMemory memory;
  std::vector<v1::JobEvent> events;      // without a time
  std::vector<v1::UnableWorker> unable;  // in this decision, without a time
};

// `workers` are the living ones. A member that has not registered (or not sent a heartbeat) is not
// taken as lost before `adopt_until`: a coordinator that was just started waits one lease. Requires
// job.has_gang().
GangDecision AdvanceGang(TimePoint now, const v1::StoredJob& job, const GangMemory& memory,
                         const WorkerViews& workers, TimePoint adopt_until,
                         const GangOptions& options);

// FORMING or RUNNING to STOPPING; a gang that is stopping keeps its order.
void OrderStop(v1::Gang& gang, v1::StopOrder::Mode mode, const std::string& cause);

// Names of the members that live and whose trainer is the gang's, by rank.
std::vector<std::string> LivingMembers(const v1::Gang& gang, const WorkerViews& workers);
// Those of them that are not leaving.
std::vector<std::string> Survivors(const v1::Gang& gang, const WorkerViews& workers);

// The next generation: the survivors (at most `limit`, those that hold the highest step first) in
// the order of their ranks, then `added` in the order given. The source holds the highest step, if
// that is not behind the newest checkpoint; else it is a member that will read the checkpoint.
// Requires at least one member, all of them in `workers`.
v1::Gang FormGang(const v1::StoredJob& job, std::vector<std::string> survivors,
                  const std::vector<std::string>& added, std::size_t limit,
                  const WorkerViews& workers);

// What a worker should be doing for the job: nothing (no assignment) when it is no member.
v1::Directive DirectiveFor(const v1::StoredJob& job, const WorkerView& worker);

}  // namespace gvsl::coordinator
