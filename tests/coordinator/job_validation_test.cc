#include "coordinator/job_validation.h"

#include <gtest/gtest.h>

#include <functional>

namespace gvsl::coordinator {
namespace {

v1::JobSpec Good() {
  v1::JobSpec spec;
  spec.set_task(v1::TASK_PRETRAIN);
  spec.set_method(v1::METHOD_GVSL);
  spec.set_dataset("/data");
  spec.set_steps(10);
  spec.mutable_checkpoint()->set_directory("/ckpt");
  return spec;
}

Status Check(const std::function<void(v1::JobSpec&)>& change) {
  v1::JobSpec spec = Good();
  change(spec);
  return CompleteJobSpec(spec, "abc123");
}

// The field and a part of the reason of the only violation.
void ExpectRefused(const char* field, const char* reason,
                   const std::function<void(v1::JobSpec&)>& change) {
  const Status status = Check(change);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << field;
  ASSERT_EQ(status.violations().size(), 1u) << status;
  EXPECT_EQ(status.violations()[0].field, field);
  EXPECT_NE(status.violations()[0].reason.find(reason), std::string::npos)
      << status.violations()[0].reason;
}

void ExpectLater(const char* field, const std::function<void(v1::JobSpec&)>& change) {
  const Status status = Check(change);
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented) << field << ": " << status;
  ASSERT_EQ(status.violations().size(), 1u) << field;
  EXPECT_EQ(status.violations()[0].field, field);
}

TEST(JobValidation, WhatIsLeftOutTakesItsDefault) {
  v1::JobSpec spec = Good();
  ASSERT_TRUE(CompleteJobSpec(spec, "abc123").ok());
  EXPECT_EQ(spec.name(), "gvsl-abc123");
  EXPECT_EQ(spec.slots(), 8u);
  EXPECT_EQ(spec.model().width(), 32u);
  EXPECT_EQ(spec.optimizer().lr(), 1e-4);
  EXPECT_EQ(spec.optimizer().betas(1), 0.999);
  EXPECT_EQ(spec.numerics(), v1::NUMERICS_STRICT);
  EXPECT_EQ(spec.workers().max(), 8u);
  EXPECT_EQ(spec.checkpoint().every_steps(), 500u);
  EXPECT_EQ(spec.checkpoint().keep_every(), 10000u);
  EXPECT_TRUE(spec.patch().empty());
}

TEST(JobValidation, ACompleteSpecStaysAsItIs) {
  v1::JobSpec spec = Good();
  ASSERT_TRUE(CompleteJobSpec(spec, "abc123").ok());
  v1::JobSpec again = spec;
  ASSERT_TRUE(CompleteJobSpec(again, "other").ok());
  EXPECT_EQ(spec.SerializeAsString(), again.SerializeAsString());
}

TEST(JobValidation, WhatIsRequiredIsNamed) {
  v1::JobSpec spec;
  const Status status = CompleteJobSpec(spec, "abc123");
  std::vector<std::string> fields;
  for (const auto& violation : status.violations()) fields.push_back(violation.field);
  for (const char* field : {"task", "method", "dataset", "steps", "checkpoint.directory"}) {
    EXPECT_NE(std::find(fields.begin(), fields.end(), field), fields.end()) << field;
  }
}

TEST(JobValidation, ImpossibleValuesAreRefusedWithTheNearestThatWouldDo) {
  ExpectRefused("workers.min", "above slots; the nearest is 8", [](auto& spec) {
    spec.mutable_workers()->set_min(9);
    spec.mutable_workers()->set_max(10);
  });
  ExpectRefused("workers.min", "above workers.max; the nearest is 2", [](auto& spec) {
    spec.mutable_workers()->set_min(3);
    spec.mutable_workers()->set_max(2);
  });
  ExpectRefused("model.width", "nearest is 16",
                [](auto& spec) { spec.mutable_model()->set_width(13); });
  ExpectRefused("steps", "nearest is 1", [](auto& spec) { spec.set_steps(0); });
  ExpectRefused("slots", "nearest is 1", [](auto& spec) { spec.set_slots(0); });
  ExpectRefused("batch_per_slot", "nearest is 1", [](auto& spec) { spec.set_batch_per_slot(0); });
  ExpectRefused("optimizer.lr", "not above 0",
                [](auto& spec) { spec.mutable_optimizer()->set_lr(0); });
  ExpectRefused("optimizer.weight_decay", "nearest is 0",
                [](auto& spec) { spec.mutable_optimizer()->set_weight_decay(-1); });
  ExpectRefused("optimizer.betas", "nearest is 0.999", [](auto& spec) {
    spec.mutable_optimizer()->add_betas(0.9);
    spec.mutable_optimizer()->add_betas(1);
  });
  ExpectRefused("patch", "z, y and x", [](auto& spec) { spec.add_patch(64); });
  ExpectRefused("patch", "nearest is 1", [](auto& spec) {
    for (const int size : {64, 0, 64}) spec.add_patch(size);
  });
  ExpectRefused("name", "nearest is my-job", [](auto& spec) { spec.set_name("My_Job"); });
  ExpectRefused("checkpoint.directory", "not an absolute path",
                [](auto& spec) { spec.mutable_checkpoint()->set_directory("here"); });
  ExpectRefused("checkpoint.every_steps", "nearest is 1",
                [](auto& spec) { spec.mutable_checkpoint()->set_every_steps(0); });
  ExpectRefused("checkpoint.keep_last", "nearest is 1",
                [](auto& spec) { spec.mutable_checkpoint()->set_keep_last(0); });
  ExpectRefused("workers.device", "nearest is cpu",
                [](auto& spec) { spec.mutable_workers()->set_device("cpi"); });
}

TEST(JobValidation, MoreWorkersThanSlotsIsAllowedAsAMaximum) {
  EXPECT_TRUE(Check([](auto& spec) { spec.mutable_workers()->set_max(100); }).ok());
}

TEST(JobValidation, WhatThisVersionKnowsIsTaken) {
  for (const auto collective : {v1::COLLECTIVE_AUTO, v1::COLLECTIVE_NCCL, v1::COLLECTIVE_GRPC,
                                v1::COLLECTIVE_MPI, v1::COLLECTIVE_LOCAL}) {
    const Status taken = Check([&](auto& spec) { spec.set_collective(collective); });
    EXPECT_TRUE(taken.ok()) << taken;
  }
  for (const auto numerics : {v1::NUMERICS_STRICT, v1::NUMERICS_FAST, v1::NUMERICS_REFERENCE}) {
    const Status taken = Check([&](auto& spec) { spec.set_numerics(numerics); });
    EXPECT_TRUE(taken.ok()) << taken;
  }
}

TEST(JobValidation, NumericsReferenceTakesOneSampleASlot) {
  ExpectRefused("batch_per_slot", "nearest is 1", [](auto& spec) {
    spec.set_numerics(v1::NUMERICS_REFERENCE);
    spec.set_batch_per_slot(2);
  });
}

TEST(JobValidation, NumericsReferenceKnowsNoWeightDecay) {
  ExpectRefused("optimizer.weight_decay", "must be 0", [](auto& spec) {
    spec.set_numerics(v1::NUMERICS_REFERENCE);
    spec.mutable_optimizer()->set_weight_decay(0.1);
  });
}

TEST(JobValidation, NumericsReferenceIsGvslsAlone) {
  ExpectRefused("numerics", "nearest for rotation is strict", [](auto& spec) {
    spec.set_numerics(v1::NUMERICS_REFERENCE);
    spec.set_method(v1::METHOD_ROTATION);
  });
}

TEST(JobValidation, EveryMethodIsTakenAndAnUnknownOneIsNot) {
  for (int method = v1::METHOD_GVSL; method <= v1::Method_MAX; ++method) {
    const Status taken =
        Check([&](auto& spec) { spec.set_method(static_cast<v1::Method>(method)); });
    EXPECT_TRUE(taken.ok()) << method << taken;
  }
  ExpectRefused("method", "docs/methods.md",
                [](auto& spec) { spec.set_method(static_cast<v1::Method>(v1::Method_MAX + 1)); });
}

TEST(JobValidation, MethodsThatCompareSamplesNeedTwoAStep) {
  for (const auto method : {v1::METHOD_SIMSIAM, v1::METHOD_BYOL, v1::METHOD_SIMCLR}) {
    ExpectRefused("slots", "nearest is 2", [&](auto& spec) {
      spec.set_method(method);
      spec.set_slots(1);
      spec.mutable_workers()->set_max(1);
    });
    EXPECT_TRUE(Check([&](auto& spec) {
                  spec.set_method(method);
                  spec.set_slots(1);
                  spec.set_batch_per_slot(2);
                }).ok());
  }
}

TEST(JobValidation, ScratchKnowsNoWeightDecay) {
  ExpectRefused("optimizer.weight_decay", "trains nothing", [](auto& spec) {
    spec.set_method(v1::METHOD_SCRATCH);
    spec.mutable_optimizer()->set_weight_decay(0.1);
  });
}

TEST(JobValidation, CollectiveLocalMeansOneWorker) {
  v1::JobSpec spec = Good();
  spec.set_collective(v1::COLLECTIVE_LOCAL);
  ASSERT_TRUE(CompleteJobSpec(spec, "abc123").ok());
  EXPECT_EQ(spec.workers().max(), 1u);
  ExpectRefused("workers.max", "nearest is 1", [](auto& two) {
    two.set_collective(v1::COLLECTIVE_LOCAL);
    two.mutable_workers()->set_max(2);
  });
}

TEST(JobValidation, WhatALaterVersionBringsIsNamed) {
  ExpectLater("precision", [](auto& spec) { spec.set_precision(v1::PRECISION_BF16); });
  ExpectLater("priority", [](auto& spec) { spec.set_priority(1); });
  ExpectLater("queue", [](auto& spec) { spec.set_queue("fast"); });
}

TEST(JobValidation, DownstreamTasksAreCompletedWithTheirSplit) {
  for (const auto task : {v1::TASK_SEGMENT, v1::TASK_CLASSIFY, v1::TASK_REGISTER}) {
    v1::JobSpec spec = Good();
    spec.set_task(task);
    spec.mutable_split()->set_train("40");
    (*spec.mutable_labels())[35] = 1;
    spec.mutable_init()->set_checkpoint("/ckpt/x");
    const Status taken = CompleteJobSpec(spec, "abc123");
    ASSERT_TRUE(taken.ok()) << taken;
    EXPECT_EQ(spec.split().train(), "40");
    EXPECT_EQ(spec.split().validation(), "20%");
    EXPECT_EQ(spec.split().test(), "rest");
    EXPECT_TRUE(spec.init().has_frozen());
    v1::JobSpec again = spec;
    ASSERT_TRUE(CompleteJobSpec(again, "other").ok());
    EXPECT_EQ(spec.SerializeAsString(), again.SerializeAsString());
  }
  v1::JobSpec pretrain = Good();
  pretrain.mutable_init()->set_checkpoint("/ckpt/x");
  ASSERT_TRUE(CompleteJobSpec(pretrain, "abc123").ok());
  EXPECT_EQ(pretrain.init().checkpoint(), "/ckpt/x");
  EXPECT_FALSE(pretrain.has_split());
}

TEST(JobValidation, WhatBelongsToDownstreamTasksIsRefusedOfPretrain) {
  ExpectRefused("split", "belongs to downstream tasks",
                [](auto& spec) { spec.mutable_split()->set_train("40"); });
  ExpectRefused("labels", "belongs to downstream tasks",
                [](auto& spec) { (*spec.mutable_labels())[35] = 1; });
  ExpectRefused("init.frozen", "belongs to downstream tasks", [](auto& spec) {
    spec.mutable_init()->set_checkpoint("/x");
    spec.mutable_init()->set_frozen(true);
  });
}

TEST(JobValidation, InitIsAnAbsolutePathAndAFrozenBackboneNeedsOne) {
  for (const char* path : {"here", ""}) {
    ExpectRefused("init.checkpoint", "not an absolute path",
                  [&](auto& spec) { spec.mutable_init()->set_checkpoint(path); });
  }
  ExpectRefused("init.frozen", "a frozen backbone needs init.checkpoint", [](auto& spec) {
    spec.set_task(v1::TASK_SEGMENT);
    spec.mutable_init()->set_frozen(true);
  });
}

TEST(JobValidation, AJobIsEvaluatedAtMostAThousandTimes) {
  const auto every = [](std::uint64_t steps, std::uint64_t every) {
    return [=](v1::JobSpec& spec) {
      spec.set_task(v1::TASK_SEGMENT);
      spec.set_steps(steps);
      spec.set_evaluate_every(every);
    };
  };
  EXPECT_TRUE(Check(every(1000, 1)).ok());
  EXPECT_TRUE(Check(every(20019, 20)).ok());
  ExpectRefused("evaluate_every", "nearest is 2", every(1001, 1));
  ExpectRefused("evaluate_every", "nearest is 20", every(20000, 19));
  ExpectRefused("evaluate_every", "nearest is 20", every(20019, 1));
  for (const std::uint64_t steps : {1001, 1999, 20000, 20019, 123456789}) {
    const std::uint64_t nearest = steps / 1001 + 1;
    EXPECT_TRUE(Check(every(steps, nearest)).ok()) << steps;
    EXPECT_FALSE(Check(every(steps, nearest - 1)).ok()) << steps;
  }
}

TEST(JobValidation, RulesOfMethodsAreOfPretraining) {
  EXPECT_TRUE(Check([](auto& spec) {
                spec.set_task(v1::TASK_SEGMENT);
                spec.set_method(v1::METHOD_SIMSIAM);
                spec.set_slots(1);
              }).ok());
  EXPECT_TRUE(Check([](auto& spec) {
                spec.set_task(v1::TASK_CLASSIFY);
                spec.set_method(v1::METHOD_SCRATCH);
                spec.mutable_optimizer()->set_weight_decay(0.1);
              }).ok());
}

TEST(JobValidation, RegistrationNeedsAMethodThatAligns) {
  for (const auto method : {v1::METHOD_GVSL_NO_MATCHING, v1::METHOD_SCRATCH, v1::METHOD_MAE}) {
    ExpectRefused("method", "aligns nothing", [&](auto& spec) {
      spec.set_task(v1::TASK_REGISTER);
      spec.set_method(method);
    });
  }
}

TEST(JobValidation, NumericsReferenceIsOfPretrainAndRegister) {
  EXPECT_TRUE(Check([](auto& spec) {
                spec.set_task(v1::TASK_REGISTER);
                spec.set_numerics(v1::NUMERICS_REFERENCE);
              }).ok());
  for (const auto task : {v1::TASK_SEGMENT, v1::TASK_CLASSIFY}) {
    ExpectRefused("numerics", "is strict", [&](auto& spec) {
      spec.set_task(task);
      spec.set_numerics(v1::NUMERICS_REFERENCE);
    });
  }
}

TEST(JobValidation, DevicesAreKindsAndNcclNeedsGpus) {
  for (const char* device : {"auto", "cpu", "cuda"}) {
    v1::JobSpec spec = Good();
    spec.mutable_workers()->set_device(device);
    EXPECT_TRUE(CompleteJobSpec(spec, "abc123").ok()) << device;
  }
  ExpectRefused("workers.device", "nearest is cuda",
                [](auto& spec) { spec.mutable_workers()->set_device("cuda:0"); });
  ExpectRefused("workers.device", "nearest is cuda", [](auto& spec) {
    spec.set_collective(v1::COLLECTIVE_NCCL);
    spec.mutable_workers()->set_device("cpu");
  });
}

}  // namespace
}  // namespace gvsl::coordinator
