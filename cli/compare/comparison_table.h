// What a comparison has come to: mean and spread over the seeds, method by method. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/compare/comparison.h"
#include "cli/compare/comparison_run.h"
#include "cli/render/job_json.h"

namespace gvsl::cli {

// One evaluation of one method on one task, over its seeds.
struct ComparedCell {
  std::map<std::uint64_t, double> scores;  // by seed, of the jobs that succeeded
  std::size_t wanted = 0;                  // jobs
  // The validation curves of those jobs, step and score.
  std::vector<std::vector<std::pair<std::uint64_t, double>>> curves;

  double Mean() const;    // NaN of nothing
  double Spread() const;  // standard deviation; NaN below two
  bool IsWhole() const { return wanted > 0 && scores.size() == wanted; }
};

// How far one is above another, seed by seed: each seed draws its own test part.
struct Lead {
  double mean = 0;
  double spread = 0;  // standard deviation; NaN below two seeds
};
// Of the seeds that both have.
Lead LeadOf(const ComparedCell& one, const ComparedCell& other);

struct ComparedColumn {
  std::string task;
  v1::Evaluation evaluation = v1::EVALUATION_UNSPECIFIED;
  std::string score;  // dsc, auc, ncc: what the numbers are
  // Of register: what no registration at all scores, the mean over all jobs; NaN for others.
  double without = 0;
  std::vector<ComparedCell> cells;  // by method
};

struct ComparedTable {
  std::string name;
  std::vector<v1::Method> methods;
  std::vector<ComparedColumn> columns;  // linear ones first, as the published table has them
  std::string dataset_sha256;           // that all jobs saw
  v1::ComparisonSpec spec;
  std::vector<std::string> failures;  // a sentence a job that has no result
};

// Whether a column is of registration, which has a score of none at all.
bool Registers(const ComparedTable& table);

ComparedTable Tabulate(const v1::ComparisonSpec& spec, const std::vector<PlannedJob>& planned,
                       const ComparedJobs& jobs);

// In percent, "68.4 ± 1.2"; ncc as it is. "-" where nothing is known.
std::string FormatCell(const ComparedColumn& column, const ComparedCell& cell);
// The published table's shape, for a terminal.
std::string FormatComparison(const ComparedTable& table);
// What the methods have in common: {common, pretrain, tasks, linear}.
Json CommonToJson(const v1::ComparisonSpec& spec);
Json ComparisonToJson(const ComparedTable& table);

}  // namespace gvsl::cli
