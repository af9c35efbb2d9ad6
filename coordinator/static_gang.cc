#include "coordinator/static_gang.h"

#include <algorithm>
#include <cctype>

#include "common/text.h"

namespace gvsl::coordinator {
namespace {

constexpr std::size_t kIdBytes = 128;
constexpr std::uint32_t kMostRanks = 4096;
constexpr int kMostSpent = 32;

bool IsId(const std::string& id) {
  return !id.empty() && id.size() <= kIdBytes &&
         std::all_of(id.begin(), id.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

Status Refuse(const char* field, const std::string& reason) {
  return InvalidArgumentError(Concat(field, ": ", reason)).WithViolation(field, reason);
}

std::string ProblemOf(const StaticGangView& gang, const WorkerViews& workers,
                      const std::map<std::string, std::string>& idle_problem) {
  std::vector<std::string> missing;
  for (std::size_t rank = 0; rank < gang.members.size(); ++rank) {
    if (gang.members[rank].empty()) missing.push_back(Concat(rank));
  }
  if (!missing.empty()) {
    return Concat("has ", gang.size - missing.size(), " of ", gang.size, " ranks; rank ",
                  Join(missing, ", "), missing.size() == 1 ? " is missing" : " are missing");
  }
  for (std::size_t rank = 0; rank < gang.members.size(); ++rank) {
    const auto found = idle_problem.find(gang.members[rank]);
    if (found == idle_problem.end() || found->second.empty()) continue;
    return Concat("is not ready: rank ", rank, " (", gang.members[rank], ") ", found->second);
  }
  const std::string launch = LaunchOf(workers.at(gang.members.front()));
  for (std::size_t rank = 0; rank < gang.members.size(); ++rank) {
    if (LaunchOf(workers.at(gang.members[rank])) == launch) continue;
    return Concat("has ranks of two launches: 0 and ", rank);
  }
  return "";
}

}  // namespace

std::string LaunchOf(const WorkerView& worker) {
  const std::string& address = worker.report.peer_address();  // "mpi:WORD:RANK"
  const std::size_t begin = address.find(':'), end = address.rfind(':');
  if (worker.static_gang.id().empty() || begin == end) return "";
  return Concat(worker.static_gang.id(), "/", address.substr(begin + 1, end - begin - 1));
}

std::map<std::string, StaticGangView> FindStaticGangs(
    const WorkerViews& workers, const std::map<std::string, std::string>& spent,
    const std::map<std::string, std::string>& idle_problem) {
  std::map<std::string, StaticGangView> gangs;
  for (const auto& [name, worker] : workers) {
    const v1::StaticGang& place = worker.static_gang;
    if (place.id().empty()) continue;
    StaticGangView& gang = gangs[place.id()];
    gang.id = place.id();
    gang.size = place.size();
    gang.members.resize(place.size());
    gang.members[place.rank()] = name;
  }
  for (auto& [id, gang] : gangs) {
    const auto there = std::find_if(gang.members.begin(), gang.members.end(),
                                    [](const std::string& member) { return !member.empty(); });
    const auto served = spent.find(LaunchOf(workers.at(*there)));
    gang.problem = served != spent.end() ? Concat("has served job ", served->second)
                                         : ProblemOf(gang, workers, idle_problem);
  }
  return gangs;
}

Status CheckStaticGang(const v1::RegisterWorkerRequest& request, const WorkerViews& workers) {
  if (!request.has_static_gang()) return OkStatus();
  const v1::StaticGang& place = request.static_gang();
  if (!IsId(place.id())) {
    return Refuse("static_gang.id", "1 to 128 letters, digits, '-', '_' and '.' are expected");
  }
  if (place.size() < 1 || place.size() > kMostRanks) {
    return Refuse("static_gang.size", Concat(place.size(), " is not within 1 to ", kMostRanks));
  }
  if (place.rank() >= place.size()) {
    return Refuse("static_gang.rank", Concat(place.rank(), " of ", place.size(), " ranks"));
  }
  for (const auto& [name, worker] : workers) {
    const v1::StaticGang& other = worker.static_gang;
    if (other.id() != place.id() || name == request.name()) continue;
    if (other.size() != place.size()) {
      return FailedPreconditionError(Concat("gang ", place.id(), " has ", other.size(),
                                            " ranks as worker ", name, " says, ", place.size(),
                                            " as worker ", request.name(),
                                            " says; each launch needs a gang id of its own"));
    }
    if (other.rank() == place.rank()) {
      return AlreadyExistsError(Concat("rank ", place.rank(), " of gang ", place.id(),
                                       " is the living worker ", name,
                                       "; each launch needs a gang id of its own"));
    }
  }
  return OkStatus();
}

void NoteSpentGang(const std::string& launch, v1::JobState state, const std::string& reason,
                   v1::StoredJob& job) {
  if (launch.empty()) return;
  auto& spent = *job.mutable_spent_gangs();
  while (spent.size() >= kMostSpent) spent.erase(spent.begin());
  v1::SpentGang& one = *spent.Add();
  one.set_id(launch);
  one.set_job_state(state);
  one.set_reason(reason);
}

const v1::SpentGang* FindSpentGang(const v1::StoredJob& job, const std::string& launch) {
  if (launch.empty()) return nullptr;
  for (const v1::SpentGang& one : job.spent_gangs()) {
    if (one.id() == launch) return &one;
  }
  return nullptr;
}

}  // namespace gvsl::coordinator
