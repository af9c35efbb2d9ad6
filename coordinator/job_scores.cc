#include "coordinator/job_scores.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "coordinator/task_rules.h"

namespace gvsl::coordinator {
namespace {

using google::protobuf::util::MessageDifferencer;
using Numbers = google::protobuf::Map<std::string, double>;

std::uint64_t Reach(const v1::Curve& curve) {
  return curve.points().empty() ? 0 : curve.points().rbegin()->step();
}

bool TakeCurve(const v1::Curve& curve, v1::Job& job) {
  const bool further = Reach(curve) > Reach(job.curve());
  const bool as_far = Reach(curve) == Reach(job.curve());
  if (curve.points().empty() || !(further || as_far)) return false;
  if (as_far && curve.points_size() < job.curve().points_size()) return false;
  if (MessageDifferencer::Equals(curve, job.curve())) return false;
  *job.mutable_curve() = curve;
  return true;
}

bool IsEqual(const Numbers& one, const Numbers& other) {
  return one.size() == other.size() && std::ranges::all_of(one, [&](const auto& entry) {
           const auto found = other.find(entry.first);
           if (found == other.end()) return false;
           return found->second == entry.second ||
                  (std::isnan(found->second) && std::isnan(entry.second));
         });
}

bool TakeResult(const Numbers& result, v1::Job& job) {
  if (result.empty() || IsEqual(result, job.result())) return false;
  *job.mutable_result() = result;
  return true;
}

}  // namespace

bool TakeScores(const v1::TrainerReport& report, v1::Job& job) {
  if (!IsDownstream(job.spec().task())) return false;
  const bool curve = TakeCurve(report.curve(), job);
  return TakeResult(report.result(), job) || curve;
}

void CutCurve(v1::Job& job) {
  if (!job.has_curve() || Reach(job.curve()) <= job.step()) return;
  v1::Curve& curve = *job.mutable_curve();
  while (Reach(curve) > job.step()) curve.mutable_points()->RemoveLast();
  if (curve.points().empty()) return job.clear_curve();
  const v1::CurvePoint* best = &curve.points(0);
  for (const v1::CurvePoint& point : curve.points()) {
    if (point.score() >= best->score()) best = &point;
  }
  curve.set_best_step(best->step());
}

}  // namespace gvsl::coordinator
