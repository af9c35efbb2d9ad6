#include "coordinator/task_rules.h"

#include <cstdint>

#include "coordinator/job_validation.h"

namespace gvsl::coordinator {
namespace {

constexpr std::uint64_t kMostEvaluations = 1000;  // each is a point of the job's curve

bool IsGvsl(v1::Method method) {
  return method == v1::METHOD_GVSL || method == v1::METHOD_GVSL_NO_MATCHING ||
         method == v1::METHOD_GVSL_NO_RESTORATION || method == v1::METHOD_GVSL_NO_AFFINE;
}

// The released code leaves parameters without a gradient alone, which decay would not.
void CheckReference(const v1::JobSpec& spec, Violations& wrong) {
  if (spec.numerics() != v1::NUMERICS_REFERENCE) return;
  if (spec.optimizer().weight_decay() != 0) {
    wrong.Add("optimizer.weight_decay", "must be 0 with numerics: reference");
  }
  if (spec.task() == v1::TASK_SEGMENT || spec.task() == v1::TASK_CLASSIFY) {
    wrong.Add("numerics", Concat("reference is of pretrain and register; the nearest for ",
                                 WrittenName(spec.task()), " is strict"));
  } else if (!IsGvsl(spec.method())) {
    wrong.Add("numerics", Concat("reference is gvsl's and its ablations'; the nearest for ",
                                 WrittenName(spec.method()), " is strict"));
  }
}

void CheckPretrain(const v1::JobSpec& spec, Violations& wrong) {
  const bool compares = spec.method() == v1::METHOD_SIMSIAM || spec.method() == v1::METHOD_BYOL ||
                        spec.method() == v1::METHOD_SIMCLR;
  if (compares && spec.slots() == 1 && spec.batch_per_slot() == 1) {
    wrong.Add("slots", Concat("1 with batch_per_slot 1 is one sample a step, and ",
                              WrittenName(spec.method()), " compares several; the nearest is 2"));
  }
  if (spec.method() == v1::METHOD_SCRATCH && spec.optimizer().weight_decay() != 0) {
    wrong.Add("optimizer.weight_decay", "must be 0 with method: scratch, which trains nothing");
  }
  constexpr const char* kDownstream =
      "belongs to downstream tasks: segment, classify, register; this job's is pretrain";
  if (spec.has_split()) wrong.Add("split", kDownstream);
  if (!spec.labels().empty()) wrong.Add("labels", kDownstream);
  if (spec.init().frozen()) wrong.Add("init.frozen", kDownstream);
}

void CheckDownstream(const v1::JobSpec& spec, Violations& wrong) {
  if (spec.init().frozen() && spec.init().checkpoint().empty()) {
    wrong.Add("init.frozen", "a frozen backbone needs init.checkpoint");
  }
  if (spec.evaluate_every() > 0 && spec.steps() / spec.evaluate_every() > kMostEvaluations) {
    wrong.Add("evaluate_every",
              Concat(spec.evaluate_every(), " makes ", spec.steps() / spec.evaluate_every(),
                     " evaluations in ", spec.steps(), " steps, of at most ", kMostEvaluations,
                     "; the nearest is ", spec.steps() / (kMostEvaluations + 1) + 1));
  }
  const bool aligns = IsGvsl(spec.method()) && spec.method() != v1::METHOD_GVSL_NO_MATCHING;
  if (spec.task() == v1::TASK_REGISTER && !aligns && v1::Method_IsValid(spec.method())) {
    wrong.Add("method", Concat(WrittenName(spec.method()), " aligns nothing, as task register ",
                               "does; known: gvsl, gvsl-no-restoration, gvsl-no-affine"));
  }
}

}  // namespace

bool IsDownstream(v1::Task task) {
  return task == v1::TASK_SEGMENT || task == v1::TASK_CLASSIFY || task == v1::TASK_REGISTER;
}

void CheckTask(const v1::JobSpec& spec, Violations& wrong) {
  CheckReference(spec, wrong);
  if (spec.task() == v1::TASK_PRETRAIN) CheckPretrain(spec, wrong);
  if (IsDownstream(spec.task())) CheckDownstream(spec, wrong);
}

}  // namespace gvsl::coordinator
