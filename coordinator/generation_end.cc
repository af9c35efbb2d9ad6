#include "coordinator/generation_end.h"

#include <algorithm>
#include <vector>

#include "common/text.h"

namespace gvsl::coordinator {
namespace {

std::string Sentence(std::uint32_t generations, const std::string& unreached) {
  if (unreached.empty()) {
    return Concat(
        "the trainers died in ", generations,
        " generations in a row before a step was committed that is kept; the logs may say "
        "why");
  }
  return Concat("no step was committed in ", generations, " generations in a row; in the last, ",
                unreached);
}

}  // namespace

void NoteUnable(const v1::UnableWorker& worker, v1::StoredJob& job) {
  for (v1::UnableWorker& known : *job.mutable_unable()) {
    if (known.name() == worker.name()) {
      known = worker;
      return;
    }
  }
  *job.add_unable() = worker;
}

void ForgetUnableMembers(v1::StoredJob& job) {
  auto& unable = *job.mutable_unable();
  const auto& seats = job.gang().seats();
  const auto seated = [&](const v1::UnableWorker& worker) {
    return std::any_of(seats.begin(), seats.end(), [&](const v1::GangSeat& seat) {
      return seat.member().name() == worker.name();
    });
  };
  unable.erase(std::remove_if(unable.begin(), unable.end(), seated), unable.end());
}

bool AllMembersUnable(const v1::StoredJob& job) {
  const auto& seats = job.gang().seats();
  return std::all_of(seats.begin(), seats.end(), [&](const v1::GangSeat& seat) {
    return std::any_of(job.unable().begin(), job.unable().end(), [&](const auto& worker) {
      return worker.name() == seat.member().name() && worker.incarnation() == seat.incarnation();
    });
  });
}

std::string DescribeUnable(const v1::StoredJob& job) {
  std::vector<std::string> parts;
  for (const v1::UnableWorker& worker : job.unable()) {
    parts.push_back(Concat("worker ", worker.name(), " ", worker.reason()));
  }
  return Join(parts, "; ");
}

std::string CountGeneration(v1::StoredJob& job, std::uint64_t kept_step, std::uint32_t limit) {
  v1::Gang& gang = *job.mutable_gang();
  const bool fruitful = kept_step > job.formed_at_step();
  // A launch is gone whatever ended it; five of them for nothing are enough.
  const bool broke =
      gang.trainer_died() || !gang.unreached().empty() || !gang.static_gang().empty();
  const std::string unreached = gang.unreached();
  gang.clear_trainer_died();
  gang.clear_unreached();
  if (fruitful) job.set_fruitless_generations(0);
  if (fruitful || !broke) return "";
  job.set_fruitless_generations(job.fruitless_generations() + 1);
  if (job.fruitless_generations() < limit) return "";
  return Sentence(job.fruitless_generations(), unreached);
}

}  // namespace gvsl::coordinator
