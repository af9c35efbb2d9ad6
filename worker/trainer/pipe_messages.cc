#include "worker/trainer/pipe_messages.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cctype>

namespace gvsl::trainer {
namespace {

// METHOD_GVSL_NO_AFFINE is written gvsl-no-affine.
std::string WrittenName(const std::string& value, const std::string& prefix) {
  std::string name = value.substr(prefix.size());
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c == '_' ? '-' : static_cast<char>(std::tolower(c));
  });
  return name;
}

OptimizerPlan OptimizerPlanOf(const v1::JobSpec& spec) {
  OptimizerPlan plan;
  plan.learning_rate = spec.optimizer().lr();
  if (spec.optimizer().betas_size() == 2) {
    plan.beta1 = spec.optimizer().betas(0);
    plan.beta2 = spec.optimizer().betas(1);
  }
  plan.weight_decay = spec.optimizer().weight_decay();
  plan.clip_norm = spec.optimizer().clip_norm();
  plan.warmup_steps = spec.schedule().warmup_steps();
  return plan;
}

TaskPlan TaskPlanOf(const v1::JobSpec& spec) {
  TaskPlan plan;
  if (spec.task() <= v1::TASK_PRETRAIN) return plan;
  plan.task = WrittenName(v1::Task_Name(spec.task()), "TASK_");
  plan.frozen = spec.init().frozen();
  plan.evaluate_every = spec.evaluate_every();
  plan.split = {spec.split().train(), spec.split().validation(), spec.split().test()};
  plan.labels = {spec.labels().begin(), spec.labels().end()};
  return plan;
}

CollectiveChoice CollectiveOf(v1::Collective collective) {
  if (collective == v1::COLLECTIVE_AUTO) return CollectiveChoice::kAuto;
  return collective == v1::COLLECTIVE_NCCL ? CollectiveChoice::kNccl : CollectiveChoice::kGrpc;
}

Numerics NumericsOf(v1::Numerics numerics) {
  if (numerics == v1::NUMERICS_FAST) return Numerics::kFast;
  return numerics == v1::NUMERICS_REFERENCE ? Numerics::kReference : Numerics::kStrict;
}

}  // namespace

JobPlan JobPlanOf(const v1::Assignment& assignment) {
  const v1::JobSpec& spec = assignment.spec();
  JobPlan job;
  job.uid = assignment.job_uid();
  job.name = assignment.job_name();
  job.method = WrittenName(v1::Method_Name(spec.method()), "METHOD_");
  job.width = spec.model().width();
  job.seed = spec.seed();
  job.dataset = spec.dataset();
  job.dataset_sha256 = assignment.dataset_sha256();
  if (spec.patch_size() == 3)
    std::copy(spec.patch().begin(), spec.patch().end(), job.patch.begin());
  job.steps = spec.steps();
  job.slots = spec.slots();
  job.batch_per_slot = spec.batch_per_slot();
  job.threads = assignment.threads();
  job.numerics = NumericsOf(spec.numerics());
  job.collective = CollectiveOf(spec.collective());
  job.optimizer = OptimizerPlanOf(spec);
  job.checkpoint = {spec.checkpoint().directory(), spec.checkpoint().every_steps(),
                    spec.checkpoint().keep_last(), spec.checkpoint().keep_every()};
  job.init_checkpoint = spec.init().checkpoint();
  job.task = TaskPlanOf(spec);
  return job;
}

GangPlan GangPlanOf(const v1::Assignment& assignment) {
  GangPlan gang;
  gang.generation = assignment.generation();
  gang.rank = static_cast<int>(assignment.rank());
  gang.source_rank = static_cast<int>(assignment.source_rank());
  gang.checkpoint_step = assignment.checkpoint_step();
  for (const v1::Member& member : assignment.members()) {
    MemberPlan& plan = gang.members.emplace_back();
    plan.name = member.name();
    plan.peer_address = member.peer_address();
    plan.slots.assign(member.slots().begin(), member.slots().end());
    if (member.has_held_step()) plan.held_step = member.held_step();
    if (!member.device().empty()) plan.device = member.device();
  }
  return gang;
}

StopVote StopVoteOf(v1::StopOrder::Mode mode) {
  switch (mode) {
    case v1::StopOrder::MODE_AT_STEP_BOUNDARY:
      return StopVote::kBoundary;
    case v1::StopOrder::MODE_CHECKPOINT:
      return StopVote::kCheckpoint;
    case v1::StopOrder::MODE_NOW:
      return StopVote::kNow;
    default:
      return StopVote::kNone;
  }
}

v1::StepProgress MessageOf(const StepProgress& progress) {
  v1::StepProgress message;
  message.set_step(progress.step);
  message.set_round(progress.round);
  for (const auto& [name, loss] : progress.losses) (*message.mutable_losses())[name] = loss;
  for (const auto& [name, value] : progress.indicators) {
    (*message.mutable_indicators())[name] = value;
  }
  message.set_learning_rate(progress.learning_rate);
  message.set_step_seconds(progress.step_seconds);
  for (const auto& [phase, seconds] : progress.phase_seconds) {
    (*message.mutable_phase_seconds())[phase] = seconds;
  }
  message.set_samples_per_second(progress.samples_per_second);
  message.set_slot_seconds(progress.slot_seconds);
  return message;
}

v1::Activity MessageOf(Activity activity) {
  switch (activity) {
    case Activity::kWaiting:
      return v1::ACTIVITY_WAITING;
    case Activity::kCheckpointing:
      return v1::ACTIVITY_CHECKPOINTING;
    case Activity::kReading:
      return v1::ACTIVITY_READING;
    default:
      return v1::ACTIVITY_COMPUTING;
  }
}

v1::DataReport MessageOf(const DataUse& use) {
  v1::DataReport message;
  message.set_away(use.away);
  message.set_wait_seconds(use.wait_seconds);
  message.set_cache_hits(use.cache.hits);
  message.set_cache_misses(use.cache.misses);
  message.set_cache_copied_bytes(use.cache.copied_bytes);
  message.set_cache_evictions(use.cache.evictions);
  message.set_cache_refetches(use.cache.refetches);
  message.set_cache_bypasses(use.cache.bypasses);
  return message;
}

v1::Curve MessageOf(const model::Curve& curve) {
  v1::Curve message;
  message.set_score(curve.score);
  message.set_best_step(curve.best_step);
  for (const auto& [step, score] : curve.points) {
    v1::CurvePoint& point = *message.add_points();
    point.set_step(step);
    point.set_score(score);
  }
  return message;
}

v1::QuarantinedShard MessageOf(const LeftOutShard& one) {
  v1::QuarantinedShard message;
  message.set_shard(one.file);
  message.set_step(one.step);
  return message;
}

v1::CheckpointReport MessageOf(const CheckpointOutcome& outcome, const std::string& job_uid,
                               std::uint64_t generation) {
  v1::CheckpointReport message;
  message.set_job_uid(job_uid);
  message.set_generation(generation);
  if (!outcome.status.ok()) message.set_error(outcome.status.message());
  v1::Checkpoint& checkpoint = *message.mutable_checkpoint();
  checkpoint.set_step(outcome.step);
  checkpoint.set_path(outcome.path);
  checkpoint.set_weights_sha256(outcome.manifest.WeightsSha256());
  checkpoint.set_bytes(outcome.manifest.TotalBytes());
  (void)google::protobuf::util::TimeUtil::FromString(outcome.manifest.time,
                                                     checkpoint.mutable_time());
  for (const std::uint64_t step : outcome.removed_steps) message.add_removed_steps(step);
  return message;
}

}  // namespace gvsl::trainer
