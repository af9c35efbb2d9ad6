#include "coordinator/job_defaults.h"

#include "common/text.h"
#include "coordinator/job_validation.h"
#include "coordinator/task_rules.h"

namespace gvsl::coordinator {

#define GVSL_DEFAULT(message, field, value) \
  if (!(message).has_##field()) (message).set_##field(value)

void SetDefaults(v1::JobSpec& spec, std::string_view name_suffix) {
  if (spec.name().empty()) spec.set_name(Concat(WrittenName(spec.method()), "-", name_suffix));
  GVSL_DEFAULT(*spec.mutable_model(), width, 32);
  GVSL_DEFAULT(spec, slots, 8);
  GVSL_DEFAULT(spec, batch_per_slot, 1);
  GVSL_DEFAULT(spec, seed, 1);
  GVSL_DEFAULT(spec, numerics, v1::NUMERICS_STRICT);
  GVSL_DEFAULT(spec, precision, v1::PRECISION_FP32);
  GVSL_DEFAULT(spec, collective, v1::COLLECTIVE_AUTO);
  GVSL_DEFAULT(spec, evaluate_every, 200);
  GVSL_DEFAULT(spec, priority, 0);
  GVSL_DEFAULT(spec, queue, "default");

  v1::OptimizerSpec& optimizer = *spec.mutable_optimizer();
  GVSL_DEFAULT(optimizer, name, v1::OPTIMIZER_NAME_ADAM);
  GVSL_DEFAULT(optimizer, lr, 1e-4);
  if (optimizer.betas().empty()) {
    optimizer.add_betas(0.9);
    optimizer.add_betas(0.999);
  }
  GVSL_DEFAULT(optimizer, weight_decay, 0);
  GVSL_DEFAULT(optimizer, clip_norm, 0);
  GVSL_DEFAULT(*spec.mutable_schedule(), warmup_steps, 0);
  GVSL_DEFAULT(*spec.mutable_schedule(), decay, v1::DECAY_CONSTANT);

  v1::WorkersSpec& workers = *spec.mutable_workers();
  GVSL_DEFAULT(workers, min, 1);
  const std::uint32_t usual_max = spec.collective() == v1::COLLECTIVE_LOCAL ? 1 : 8;
  GVSL_DEFAULT(workers, max, usual_max);
  GVSL_DEFAULT(workers, device, "auto");
  GVSL_DEFAULT(workers, threads, 0);

  v1::CheckpointSpec& checkpoint = *spec.mutable_checkpoint();
  GVSL_DEFAULT(checkpoint, every_steps, 500);
  GVSL_DEFAULT(checkpoint, keep_last, 3);
  GVSL_DEFAULT(checkpoint, keep_every, 10000);

  if (spec.has_init()) GVSL_DEFAULT(*spec.mutable_init(), frozen, false);
  if (IsDownstream(spec.task())) {
    v1::SplitSpec& split = *spec.mutable_split();
    GVSL_DEFAULT(split, train, "60%");
    GVSL_DEFAULT(split, validation, "20%");
    GVSL_DEFAULT(split, test, "rest");
  }
}
#undef GVSL_DEFAULT

}  // namespace gvsl::coordinator
