#include "cli/compare/comparison_table.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <numeric>
#include <set>
#include <sstream>

#include "cli/render/table.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

double MeanOf(const std::vector<double>& values) {
  if (values.empty()) return kNothing;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double SpreadOf(const std::vector<double>& values) {
  if (values.size() < 2) return kNothing;
  const double mean = MeanOf(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::vector<double> ValuesOf(const ComparedCell& cell) {
  std::vector<double> values;
  for (const auto& [seed, score] : cell.scores) values.push_back(score);
  return values;
}

// The one number of a job's result that a table compares.
struct Score {
  std::string name;
  double value = kNothing;
  double without = kNothing;
};

Score ScoreOf(const v1::Job& job) {
  const auto value = [&](const char* name) {
    const auto found = job.result().find(name);
    return found == job.result().end() ? kNothing : found->second;
  };
  switch (job.spec().task()) {
    case v1::TASK_SEGMENT:
      return {"dsc", value("dsc_mean")};
    case v1::TASK_CLASSIFY:
      return {"auc", value("auc")};
    default:
      if (job.result().contains("dsc_after"))
        return {"dsc", value("dsc_after"), value("dsc_before")};
      return {"ncc", value("ncc_after"), value("ncc_before")};
  }
}

void Add(const v1::Job& job, std::uint64_t seed, ComparedColumn& column, ComparedCell& cell,
         std::vector<double>& without) {
  const Score score = ScoreOf(job);
  if (std::isnan(score.value)) return;
  column.score = score.name;
  cell.scores[seed] = score.value;
  if (!std::isnan(score.without)) without.push_back(score.without);
  auto& curve = cell.curves.emplace_back();
  for (const v1::CurvePoint& point : job.curve().points()) {
    curve.emplace_back(point.step(), point.score());
  }
}

std::string WhyNothing(const PlannedJob& planned, const std::optional<v1::Job>& job) {
  if (!job) return Concat(planned.spec.name(), ": what it begins with failed");
  if (job->state() == v1::JOB_STATE_SUCCEEDED) {
    return Concat(job->name(), ": it has no result; is there a test part?");
  }
  return Concat(job->name(), ": ", StateName(job->state()), ": ", job->reason());
}

std::vector<ComparedColumn> EmptyColumns(const std::vector<PlannedJob>& planned,
                                         std::size_t methods) {
  std::vector<ComparedColumn> columns;
  for (const PlannedJob& job : planned) {
    if (!job.cell) continue;
    const bool known = std::ranges::any_of(columns, [&](const ComparedColumn& column) {
      return column.task == job.cell->task && column.evaluation == job.cell->evaluation;
    });
    if (!known) {
      columns.push_back(
          {job.cell->task, job.cell->evaluation, "", kNothing, std::vector<ComparedCell>(methods)});
    }
  }
  std::ranges::stable_sort(columns, {}, &ComparedColumn::evaluation);
  return columns;
}

std::string Head(const ComparedColumn& column) {
  return Concat(WrittenEvaluation(column.evaluation), " ", column.task,
                column.score.empty() ? "" : Concat(" (", column.score, ")"));
}

std::string Shown(const ComparedColumn& column, double value) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(column.score == "ncc" ? 3 : 1)
       << (column.score == "ncc" ? value : 100 * value);
  return text.str();
}

// A folder may hold another dataset than it did when the first jobs were made.
void AddDataset(const ComparedJobs& jobs, ComparedTable& table) {
  std::set<std::string> datasets;
  for (const auto& job : jobs) {
    if (job && !job->dataset_sha256().empty()) datasets.insert(job->dataset_sha256());
  }
  if (datasets.size() == 1) table.dataset_sha256 = *datasets.begin();
  if (datasets.size() > 1) {
    table.failures.push_back(
        Concat("these jobs saw ", datasets.size(),
               " different datasets at one place; give the comparison another name"));
  }
}

Json ScoresToJson(const ComparedCell& cell) {
  Json scores = Json::object();
  for (const auto& [seed, score] : cell.scores) scores[Concat(seed)] = score;
  return scores;
}

}  // namespace

double ComparedCell::Mean() const { return MeanOf(ValuesOf(*this)); }
double ComparedCell::Spread() const { return SpreadOf(ValuesOf(*this)); }

Lead LeadOf(const ComparedCell& one, const ComparedCell& other) {
  std::vector<double> leads;
  for (const auto& [seed, score] : one.scores) {
    const auto found = other.scores.find(seed);
    if (found != other.scores.end()) leads.push_back(score - found->second);
  }
  return {MeanOf(leads), SpreadOf(leads)};
}

bool Registers(const ComparedTable& table) {
  return std::ranges::any_of(
      table.columns, [](const ComparedColumn& column) { return !std::isnan(column.without); });
}

ComparedTable Tabulate(const v1::ComparisonSpec& spec, const std::vector<PlannedJob>& planned,
                       const ComparedJobs& jobs) {
  ComparedTable table;
  table.name = spec.name();
  table.spec = spec;
  for (const int method : spec.methods()) table.methods.push_back(static_cast<v1::Method>(method));
  table.columns = EmptyColumns(planned, table.methods.size());
  for (ComparedColumn& column : table.columns) {
    std::vector<double> without;
    for (std::size_t i = 0; i < planned.size(); ++i) {
      const auto& cell = planned[i].cell;
      if (!cell || cell->task != column.task || cell->evaluation != column.evaluation) continue;
      const auto row = std::ranges::find(table.methods, cell->method) - table.methods.begin();
      ComparedCell& place = column.cells[static_cast<std::size_t>(row)];
      ++place.wanted;
      const std::size_t before = place.scores.size();
      if (jobs[i] && jobs[i]->state() == v1::JOB_STATE_SUCCEEDED) {
        Add(*jobs[i], cell->seed, column, place, without);
      }
      if (place.scores.size() == before) table.failures.push_back(WhyNothing(planned[i], jobs[i]));
    }
    column.without = MeanOf(without);
  }
  for (std::size_t i = 0; i < planned.size(); ++i) {
    const bool failed = jobs[i] && jobs[i]->state() != v1::JOB_STATE_SUCCEEDED;
    if (!planned[i].cell && failed) table.failures.push_back(WhyNothing(planned[i], jobs[i]));
  }
  AddDataset(jobs, table);
  return table;
}

std::string FormatCell(const ComparedColumn& column, const ComparedCell& cell) {
  if (cell.scores.empty()) return "-";
  std::string text = Shown(column, cell.Mean());
  if (!std::isnan(cell.Spread())) text += Concat(" ± ", Shown(column, cell.Spread()));
  if (cell.scores.size() < cell.wanted) {
    text += Concat(" (", cell.scores.size(), " of ", cell.wanted, ")");
  }
  return text;
}

std::string FormatComparison(const ComparedTable& table) {
  std::vector<std::string> header = {"PRE-TRAINING"};
  for (const ComparedColumn& column : table.columns) header.push_back(Head(column));
  std::vector<std::vector<std::string>> rows;
  for (std::size_t m = 0; m < table.methods.size(); ++m) {
    auto& row = rows.emplace_back(1, WrittenMethod(table.methods[m]));
    for (const ComparedColumn& column : table.columns) {
      row.push_back(FormatCell(column, column.cells[m]));
    }
  }
  if (Registers(table)) {
    auto& row = rows.emplace_back(1, "no registration");
    for (const ComparedColumn& column : table.columns) {
      row.push_back(std::isnan(column.without) ? "" : Shown(column, column.without));
    }
  }
  std::string text = FormatTable(header, rows);
  for (const std::string& failure : table.failures) text += "\n" + failure;
  return text;
}

Json CommonToJson(const v1::ComparisonSpec& spec) {
  Json tasks = Json::array();
  for (const v1::JobSpec& task : spec.tasks()) tasks.push_back(SpecToJson(task));
  Json linear = Json::array();
  for (const v1::JobSpec& part : spec.linear()) linear.push_back(SpecToJson(part));
  return {{"common", SpecToJson(spec.common())},
          {"pretrain", SpecToJson(spec.pretrain())},
          {"tasks", std::move(tasks)},
          {"linear", std::move(linear)}};
}

Json ComparisonToJson(const ComparedTable& table) {
  Json columns = Json::array();
  for (const ComparedColumn& column : table.columns) {
    Json cells = Json::object();
    for (std::size_t m = 0; m < table.methods.size(); ++m) {
      const ComparedCell& cell = column.cells[m];
      Json curves = Json::array();
      for (const auto& curve : cell.curves) {
        Json points = Json::array();
        for (const auto& [step, score] : curve) points.push_back({step, Number(score)});
        curves.push_back(std::move(points));
      }
      cells[WrittenMethod(table.methods[m])] = {{"mean", Number(cell.Mean())},
                                                {"spread", Number(cell.Spread())},
                                                {"scores", ScoresToJson(cell)},
                                                {"wanted", cell.wanted},
                                                {"curves", std::move(curves)}};
    }
    columns.push_back({{"task", column.task},
                       {"evaluation", WrittenEvaluation(column.evaluation)},
                       {"score", column.score},
                       {"without", Number(column.without)},
                       {"methods", std::move(cells)}});
  }
  return {{"name", table.name},
          {"dataset_sha256", table.dataset_sha256},
          {"spec", CommonToJson(table.spec)},
          {"columns", std::move(columns)},
          {"failures", table.failures}};
}

}  // namespace gvsl::cli
