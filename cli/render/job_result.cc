#include "cli/render/job_result.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "cli/render/format.h"
#include "cli/render/table.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

bool IsPretrain(const v1::Job& job) {
  return !job.spec().has_task() || job.spec().task() == v1::TASK_PRETRAIN;
}

// Class numbers in their own order: 2 before 10.
struct ByNumber {
  bool operator()(const std::string& one, const std::string& other) const {
    return one.size() != other.size() ? one.size() < other.size() : one < other;
  }
};

struct Scores {
  std::map<std::string, double> whole;
  std::map<std::string, std::map<std::string, double, ByNumber>> by_class;  // by score
};

Scores SortedScores(const v1::Job& job) {
  Scores scores;
  for (const auto& [name, value] : job.result()) {
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) {
      scores.whole[name] = value;
    } else {
      scores.by_class[name.substr(0, dot)][name.substr(dot + 1)] = value;
    }
  }
  return scores;
}

std::string ScoreName(const v1::Curve& curve) {
  return curve.score().empty() ? "score" : curve.score();
}

Json CurveToJson(const v1::Curve& curve) {
  Json points = Json::array();
  for (const v1::CurvePoint& point : curve.points()) {
    points.push_back({{"step", point.step()}, {ScoreName(curve), Number(point.score())}});
  }
  return points;
}

std::string Upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

}  // namespace

Json QuarantineToJson(const v1::Job& job) {
  Json quarantine = Json::array();
  for (const v1::QuarantinedShard& one : job.quarantine()) {
    quarantine.push_back({{"shard", one.shard()}, {"step", one.step()}});
  }
  return quarantine;
}

std::string QuarantineText(const v1::Job& job) {
  std::vector<std::string> shards;
  for (const v1::QuarantinedShard& one : job.quarantine()) {
    shards.push_back(Concat(Printable(one.shard()), " from step ", one.step(), " on"));
  }
  return Join(shards, ", ");
}

Json ResultToJson(const v1::Job& job) {
  const Scores scores = SortedScores(job);
  Json result = Json::object();
  if (IsPretrain(job)) {
    for (const auto& [name, value] : std::map(job.result().begin(), job.result().end())) {
      result["losses"][name] = Number(value);
    }
    if (!result.empty()) result["quarantine"] = QuarantineToJson(job);
    return result;
  }
  for (const auto& [name, classes] : scores.by_class) {
    for (const auto& [one, value] : classes) result[name][one] = Number(value);
  }
  for (const auto& [name, value] : scores.whole) {
    if (!scores.by_class.contains(name)) result[name] = Number(value);
  }
  const bool evaluated = !job.curve().points().empty();
  result["curve"] = CurveToJson(job.curve());
  result["best_step"] = evaluated ? Json(job.curve().best_step()) : Json(nullptr);
  return result;
}

std::vector<std::pair<std::string, std::string>> ResultFacts(const v1::Job& job) {
  std::vector<std::pair<std::string, std::string>> facts;
  const v1::Curve& curve = job.curve();
  const std::string name = Concat("validation ", ScoreName(curve));
  for (const v1::CurvePoint& point : curve.points()) {
    if (point.step() != curve.best_step()) continue;
    facts.emplace_back("best " + name,
                       Concat(FormatNumber(point.score()), " at step ", point.step()));
  }
  if (!curve.points().empty()) {
    const v1::CurvePoint& last = *curve.points().rbegin();
    facts.emplace_back("last " + name,
                       Concat(FormatNumber(last.score()), " at step ", last.step()));
  }
  const auto whole = IsPretrain(job) ? std::map(job.result().begin(), job.result().end())
                                     : SortedScores(job).whole;
  for (const auto& [score, value] : whole) {
    facts.emplace_back(Concat("result: ", score), FormatNumber(value));
  }
  return facts;
}

std::string ResultTable(const v1::Job& job) {
  if (IsPretrain(job)) return "";
  const auto by_class = SortedScores(job).by_class;
  std::vector<std::string> header = {"CLASS"};
  std::map<std::string, std::vector<std::string>, ByNumber> rows;
  for (const auto& [name, classes] : by_class) {
    for (const auto& [one, value] : classes) rows[one].resize(by_class.size() + 1, "-");
  }
  for (const auto& [name, classes] : by_class) {
    for (const auto& [one, value] : classes) rows[one][header.size()] = FormatNumber(value);
    header.push_back(Upper(name));
  }
  std::vector<std::vector<std::string>> cells;
  for (auto& [one, row] : rows) {
    row[0] = one;
    cells.push_back(row);
  }
  return cells.empty() ? "" : FormatTable(header, cells);
}

}  // namespace gvsl::cli
