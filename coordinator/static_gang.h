// Gangs that one mpirun or srun started: which ranks are there, and whether a job can have them.
// Pure (docs/adr/2026-11-27-mpi-gangs.md).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/status.h"
#include "coordinator/worker_view.h"
#include "gvsl/v1/stored_job.pb.h"

namespace gvsl::coordinator {

struct StaticGangView {
  std::string id;
  std::uint32_t size = 0;
  std::vector<std::string> members;  // workers by rank; empty where a rank is missing
  // Why it can not be given out, as a sentence without its name; empty when it can.
  std::string problem;
};

// What tells the worker's launch from every other, also from one with the same id: "id/word", with
// the random word that its trainers agreed on. Empty without a gang, or before the trainer has said
// its address.
std::string LaunchOf(const WorkerView& worker);

// The gangs of the living workers, by id. `spent` are the launches that have served a job, with its
// name; `idle_problem` says why a worker is not free.
std::map<std::string, StaticGangView> FindStaticGangs(
    const WorkerViews& workers, const std::map<std::string, std::string>& spent,
    const std::map<std::string, std::string>& idle_problem);

// Whether a worker may take its place among the living. INVALID_ARGUMENT: no such place.
// FAILED_PRECONDITION: a member says another size. ALREADY_EXISTS: another worker has the rank.
Status CheckStaticGang(const v1::RegisterWorkerRequest& request, const WorkerViews& workers);

// The job remembers that the launch has served it, and how that ended.
void NoteSpentGang(const std::string& launch, v1::JobState state, const std::string& reason,
                   v1::StoredJob& job);

// What a member of a launch that has served the job is told; nullptr where it has not.
const v1::SpentGang* FindSpentGang(const v1::StoredJob& job, const std::string& launch);

}  // namespace gvsl::coordinator
