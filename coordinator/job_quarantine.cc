#include "coordinator/job_quarantine.h"

#include <algorithm>
#include <utility>

#include "common/text.h"

namespace gvsl::coordinator {
namespace {

using List = google::protobuf::RepeatedPtrField<v1::QuarantinedShard>;

bool Contains(const List& list, const v1::QuarantinedShard& wanted) {
  return std::ranges::any_of(list, [&](const v1::QuarantinedShard& one) {
    return one.shard() == wanted.shard() && one.step() == wanted.step();
  });
}

}  // namespace

std::vector<v1::QuarantinedShard> TakeQuarantine(const v1::TrainerReport& report, v1::Job& job,
                                                 bool& changed) {
  List merged;
  std::vector<v1::QuarantinedShard> news;
  // A report that comes before the state is agreed on knows nothing.
  const bool knows = report.began() && report.holds_state();
  for (const v1::QuarantinedShard& one : job.quarantine()) {
    const bool refuted = knows && report.step() > one.step() && !Contains(report.quarantine(), one);
    if (!refuted) *merged.Add() = one;
  }
  changed = merged.size() != job.quarantine_size();
  for (const v1::QuarantinedShard& one : report.quarantine()) {
    if (Contains(merged, one)) continue;
    *merged.Add() = one;
    news.push_back(one);
    changed = true;
  }
  if (!changed) return news;
  std::sort(merged.begin(), merged.end(), [](const auto& one, const auto& other) {
    return std::pair(one.step(), one.shard()) < std::pair(other.step(), other.shard());
  });
  *job.mutable_quarantine() = std::move(merged);
  return news;
}

void CutQuarantine(v1::Job& job) {
  auto& list = *job.mutable_quarantine();  // ascends by step
  while (!list.empty() && list.rbegin()->step() > job.step()) list.RemoveLast();
}

std::string DescribeQuarantined(const v1::QuarantinedShard& one) {
  return Concat(one.shard(), " is damaged at its source: it is left out from step ", one.step(),
                " on, to the job's end; volumes of other shards stand in for its own. Repair or "
                "restore the file for the jobs to come (gvsl-dataset verify names all that is "
                "damaged)");
}

std::string QuarantineSuffix(const v1::Job& job) {
  if (job.quarantine().empty()) return "";
  std::vector<std::string> files;
  for (const v1::QuarantinedShard& one : job.quarantine()) files.push_back(one.shard());
  return Concat("; left out, because damaged at their source: ", Join(files, ", "));
}

}  // namespace gvsl::coordinator
