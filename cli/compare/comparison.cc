#include "cli/compare/comparison.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cli/render/job_json.h"
#include "cli/spec/schema.h"
#include "common/sha256.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

using Violations = std::vector<FieldViolation>;

std::string TaskWord(v1::Task task) {
  return EnumWord(*v1::Task_descriptor()->FindValueByNumber(task));
}

std::string ColumnName(const v1::JobSpec& task) {
  return task.has_name() ? task.name() : TaskWord(task.task());
}

void CheckHead(const v1::ComparisonSpec& spec, Violations& wrong) {
  if (spec.name().empty()) wrong.push_back({"name", "is required"});
  if (!spec.directory().starts_with('/')) {
    wrong.push_back({"directory", "is required, an absolute path"});
  }
  if (spec.methods().empty()) wrong.push_back({"methods", "is required"});
  const auto check_distinct = [&wrong](const char* key, const auto& values) {
    const std::set distinct(values.begin(), values.end());
    if (distinct.size() < static_cast<std::size_t>(values.size())) {
      wrong.push_back({key, "names one twice"});
    }
  };
  check_distinct("methods", spec.methods());
  check_distinct("seeds", spec.seeds());
  check_distinct("evaluate", spec.evaluate());
  if (spec.tasks().empty()) wrong.push_back({"tasks", "is required"});
}

// What the comparison itself says of each job.
void CheckPart(const std::string& path, const v1::JobSpec& part, Violations& wrong) {
  const auto refuse = [&](bool stands, const char* key, const char* why) {
    if (stands) wrong.push_back({JoinKey(path, key), why});
  };
  refuse(part.has_method(), "method", "methods says it");
  refuse(part.checkpoint().has_directory(), "checkpoint.directory", "directory says it");
  refuse(part.has_init(), "init", "each job begins with what its method pre-trained");
  const bool common = path == "common";
  refuse(!common && part.optimizer().has_lr(), "optimizer.lr",
         "one learning rate is declared for all, as common.optimizer.lr");
  refuse(common && (part.has_name() || part.has_task()), part.has_name() ? "name" : "task",
         "belongs to a task");
  refuse(path == "pretrain" && part.has_name(), "name", "follows from the comparison's");
}

void CheckTasks(const v1::ComparisonSpec& spec, Violations& wrong) {
  std::set<std::string> names;
  for (int i = 0; i < spec.tasks_size(); ++i) {
    const std::string path = Concat("tasks[", i, "]");
    const v1::JobSpec& task = spec.tasks(i);
    CheckPart(path, task, wrong);
    if (task.has_seed()) wrong.push_back({JoinKey(path, "seed"), "seeds says it"});
    if (task.task() <= v1::TASK_PRETRAIN) {
      wrong.push_back({JoinKey(path, "task"), "is required: segment, classify or register"});
    } else if (!names.insert(ColumnName(task)).second) {
      wrong.push_back({JoinKey(path, "name"), Concat("two tasks are called ", ColumnName(task),
                                                     "; a name tells them apart")});
    }
  }
}

void CheckLinear(const v1::ComparisonSpec& spec, Violations& wrong) {
  std::set<std::string> names;
  for (int i = 0; i < spec.linear_size(); ++i) {
    const std::string path = Concat("linear[", i, "]");
    const v1::JobSpec& part = spec.linear(i);
    CheckPart(path, part, wrong);
    if (part.has_seed()) wrong.push_back({JoinKey(path, "seed"), "seeds says it"});
    if (part.has_task()) wrong.push_back({JoinKey(path, "task"), "belongs to a task"});
    const bool known = std::ranges::any_of(
        spec.tasks(), [&part](const v1::JobSpec& task) { return ColumnName(task) == part.name(); });
    if (!known) wrong.push_back({JoinKey(path, "name"), "is required, one of a task"});
    if (known && !names.insert(part.name()).second) {
      wrong.push_back({JoinKey(path, "name"), "stands twice"});
    }
  }
}

Status Check(const v1::ComparisonSpec& spec) {
  Violations wrong;
  CheckHead(spec, wrong);
  CheckPart("common", spec.common(), wrong);
  CheckPart("pretrain", spec.pretrain(), wrong);
  CheckTasks(spec, wrong);
  CheckLinear(spec, wrong);
  if (wrong.empty()) return OkStatus();
  Status status = InvalidArgumentError("this is no comparison that can be made");
  for (auto& [field, reason] : wrong) {
    status = status.WithViolation(std::move(field), std::move(reason));
  }
  return status;
}

v1::JobSpec Over(v1::JobSpec base, const v1::JobSpec& part) {
  // A list replaces a list, and label maps are one.
  if (!part.patch().empty()) base.clear_patch();
  if (!part.optimizer().betas().empty()) base.mutable_optimizer()->clear_betas();
  if (!part.labels().empty()) base.clear_labels();
  base.MergeFrom(part);
  return base;
}

PlannedJob Named(const std::string& name, const v1::ComparisonSpec& comparison,
                 const v1::JobSpec& part) {
  PlannedJob job;
  job.spec = Over(comparison.common(), part);
  job.spec.set_name(Concat(comparison.name(), "-", name));
  job.spec.mutable_checkpoint()->set_directory(Concat(comparison.directory(), "/", name));
  return job;
}

PlannedJob Pretraining(const v1::ComparisonSpec& comparison, v1::Method method) {
  PlannedJob job = Named(WrittenMethod(method), comparison, comparison.pretrain());
  // What is common to the tasks.
  job.spec.clear_split();
  job.spec.clear_labels();
  job.spec.clear_evaluate_every();
  job.spec.set_task(v1::TASK_PRETRAIN);
  job.spec.set_method(method);
  if (method == v1::METHOD_SCRATCH) {
    // Nothing is trained: one step writes the seeded weights.
    job.spec.set_steps(1);
    job.spec.mutable_optimizer()->clear_weight_decay();
  }
  return job;
}

// To register needs the head of a method that aligns; others give it their backbone.
v1::Method MethodOf(const Cell& cell, v1::Task task) {
  const bool aligns = cell.method == v1::METHOD_GVSL ||
                      cell.method == v1::METHOD_GVSL_NO_RESTORATION ||
                      cell.method == v1::METHOD_GVSL_NO_AFFINE;
  return task != v1::TASK_REGISTER || aligns ? cell.method : v1::METHOD_GVSL;
}

// What the cell's evaluation says over the task.
v1::JobSpec AsEvaluated(const v1::ComparisonSpec& comparison, const v1::JobSpec& task,
                        const Cell& cell) {
  if (cell.evaluation != v1::EVALUATION_LINEAR) return task;
  const auto part = std::ranges::find(comparison.linear(), cell.task, &v1::JobSpec::name);
  return part == comparison.linear().end() ? task : Over(task, *part);
}

PlannedJob Evaluation(const v1::ComparisonSpec& comparison, const v1::JobSpec& task,
                      const Cell& cell, const std::string& pretrained) {
  const std::string name = Concat(cell.task, "-", WrittenMethod(cell.method), "-",
                                  WrittenEvaluation(cell.evaluation), "-", cell.seed);
  PlannedJob job = Named(name, comparison, AsEvaluated(comparison, task, cell));
  job.spec.set_method(MethodOf(cell, task.task()));
  job.spec.set_seed(cell.seed);
  job.spec.mutable_init()->set_checkpoint(pretrained);
  job.spec.mutable_init()->set_frozen(cell.evaluation == v1::EVALUATION_LINEAR);
  job.cell = cell;
  return job;
}

std::string RequestIdOf(const v1::JobSpec& spec) {
  return "compare-" + Sha256Hex(SpecToJson(spec).dump()).substr(0, 48);
}

}  // namespace

std::string WrittenMethod(v1::Method method) {
  return EnumWord(*v1::Method_descriptor()->FindValueByNumber(method));
}
std::string WrittenEvaluation(v1::Evaluation evaluation) {
  return EnumWord(*v1::Evaluation_descriptor()->FindValueByNumber(evaluation));
}

StatusOr<std::vector<PlannedJob>> PlanComparison(const v1::ComparisonSpec& given) {
  GVSL_RETURN_IF_ERROR(Check(given));
  v1::ComparisonSpec spec = given;
  if (spec.seeds().empty()) {
    for (const std::uint64_t seed : {1, 2, 3}) spec.add_seeds(seed);
  }
  if (spec.evaluate().empty()) {
    spec.add_evaluate(v1::EVALUATION_LINEAR);
    spec.add_evaluate(v1::EVALUATION_FINETUNE);
  }
  std::vector<PlannedJob> jobs;
  for (const int method : spec.methods()) {
    jobs.push_back(Pretraining(spec, static_cast<v1::Method>(method)));
  }
  for (int m = 0; m < spec.methods_size(); ++m) {
    const std::string pretrained = jobs[static_cast<std::size_t>(m)].spec.checkpoint().directory();
    for (const v1::JobSpec& task : spec.tasks()) {
      for (const int evaluation : spec.evaluate()) {
        for (const std::uint64_t seed : spec.seeds()) {
          const Cell cell = {spec.methods(m), ColumnName(task),
                             static_cast<v1::Evaluation>(evaluation), seed};
          jobs.push_back(Evaluation(spec, task, cell, pretrained));
          jobs.back().after = static_cast<std::size_t>(m);
        }
      }
    }
  }
  for (PlannedJob& job : jobs) job.request_id = RequestIdOf(job.spec);
  return jobs;
}

}  // namespace gvsl::cli
