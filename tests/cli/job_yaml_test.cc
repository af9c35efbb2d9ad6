#include "cli/spec/job_yaml.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "common/text.h"

namespace gvsl::cli {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// "field: reason" of every violation.
std::vector<std::string> Violations(const std::string& yaml,
                                    const std::vector<std::string>& settings = {}) {
  const auto spec = ParseJobYaml(yaml, "job.yaml", settings);
  std::vector<std::string> texts;
  for (const auto& violation : spec.status().violations()) {
    texts.push_back(Concat(violation.field, ": ", violation.reason));
  }
  EXPECT_EQ(spec.ok(), texts.empty());
  return texts;
}

v1::JobSpec Parse(const std::string& yaml, const std::vector<std::string>& settings = {}) {
  const auto spec = ParseJobYaml(yaml, "job.yaml", settings);
  EXPECT_TRUE(spec.ok()) << spec.status();
  return spec.ok() ? *spec : v1::JobSpec();
}

constexpr char kWholeJob[] = R"(
name: heads
task: pretrain
method: models-genesis
dataset: /data/heads
model: {width: 32}
patch: [128, 96, 64]
steps: 200000
slots: 8
batch_per_slot: 2
seed: 18446744073709551615
optimizer: {name: adam, lr: 1.0e-4, betas: [0.9, 0.999], weight_decay: 0, clip_norm: 0}
schedule: {warmup_steps: 10, decay: constant}
numerics: strict
precision: fp32
workers: {min: 1, max: 8, device: auto, threads: 0}
collective: auto
checkpoint: {directory: /ckpt/heads, every_steps: 500, keep_last: 3, keep_every: 10000}
init: {checkpoint: /ckpt/x, frozen: true}
split: {train: 40, validation: 20, test: rest}
labels: {35: 1, 36: 2, -1: 2}
evaluate_every: 200
priority: -3
queue: default
)";

TEST(JobYaml, EveryKeyOfTheInterfaceArrivesInTheSpec) {
  const v1::JobSpec spec = Parse(kWholeJob);
  EXPECT_EQ(spec.name(), "heads");
  EXPECT_EQ(spec.task(), v1::TASK_PRETRAIN);
  EXPECT_EQ(spec.method(), v1::METHOD_MODELS_GENESIS);
  EXPECT_THAT(spec.patch(), ElementsAre(128, 96, 64));
  EXPECT_EQ(spec.seed(), 18446744073709551615u);
  EXPECT_EQ(spec.optimizer().name(), v1::OPTIMIZER_NAME_ADAM);
  EXPECT_EQ(spec.optimizer().lr(), 1e-4);
  EXPECT_THAT(spec.optimizer().betas(), ElementsAre(0.9, 0.999));
  EXPECT_TRUE(spec.optimizer().has_clip_norm());
  EXPECT_TRUE(spec.init().frozen());
  EXPECT_EQ(spec.split().train(), "40");
  EXPECT_EQ(spec.split().test(), "rest");
  EXPECT_EQ(spec.labels().at(-1), 2);
  EXPECT_EQ(spec.priority(), -3);
}

TEST(JobYaml, AFormattedSpecParsesToTheSameSpec) {
  const v1::JobSpec spec = Parse(kWholeJob);
  EXPECT_TRUE(MessageDifferencer::Equals(spec, Parse(FormatJobYaml(spec)))) << FormatJobYaml(spec);
}

TEST(JobYaml, AbsentKeysStayAbsent) {
  const v1::JobSpec spec = Parse("steps: 5\n");
  EXPECT_FALSE(spec.has_seed());
  EXPECT_FALSE(spec.has_workers());
  EXPECT_FALSE(spec.has_task());
}

TEST(JobYaml, AnUnknownKeyIsRefusedWithTheNearestKnownOneAndTheLine) {
  EXPECT_THAT(Violations("steps: 5\nworkers:\n  maxx: 4\n"),
              ElementsAre("workers.maxx: unknown key; did you mean workers.max? (line 3)"));
  EXPECT_THAT(Violations("stepz: 5\n"),
              ElementsAre("stepz: unknown key; did you mean steps? (line 1)"));
}

TEST(JobYaml, AKeyAtTheWrongPlaceIsToldItsRightPlace) {
  EXPECT_THAT(Violations("lr: 0.1\n"),
              ElementsAre("lr: unknown key; did you mean optimizer.lr? (line 1)"));
  EXPECT_THAT(Violations("model: {slots: 4}\n"),
              ElementsAre("model.slots: unknown key; did you mean slots? (line 1)"));
}

TEST(JobYaml, AnUnknownValueIsRefusedWithTheNearestKnownOne) {
  EXPECT_THAT(Violations("method: gvls\n"),
              ElementsAre(AllOf(HasSubstr("method: unknown value gvls; did you mean gvsl?"),
                                HasSubstr("models-genesis"), HasSubstr("(line 1)"))));
  EXPECT_THAT(Violations("method: GVSL\n"), ElementsAre(HasSubstr("did you mean gvsl?")));
  EXPECT_THAT(Violations("task: unspecified\n"), ElementsAre(HasSubstr("unknown value")));
  EXPECT_THAT(Violations("optimizer: {name: sgd}\n"),
              ElementsAre("optimizer.name: unknown value sgd; did you mean adam? (line 1)"));
}

TEST(JobYaml, AWrongTypeIsRefusedWithTheRightOne) {
  EXPECT_THAT(Violations("steps: many\n"),
              ElementsAre("steps: must be a whole number, not many (line 1)"));
  EXPECT_THAT(Violations("steps: 1.5\n"),
              ElementsAre("steps: must be a whole number, not 1.5 (line 1)"));
  EXPECT_THAT(Violations("steps: '5'\n"),
              ElementsAre("steps: must be a whole number; quotes make it text (line 1)"));
  EXPECT_THAT(Violations("optimizer: {lr: fast}\n"),
              ElementsAre("optimizer.lr: must be a number, not fast (line 1)"));
  EXPECT_THAT(Violations("init: {frozen: yes}\n"),
              ElementsAre("init.frozen: must be true or false, not yes (line 1)"));
  EXPECT_THAT(Violations("dataset: 5\n"),
              ElementsAre("dataset: must be text, not 5; quotes make it text (line 1)"));
  EXPECT_THAT(Violations("dataset: [a]\n"),
              ElementsAre("dataset: must be text, not a list (line 1)"));
  EXPECT_THAT(Violations("workers: 4\n"),
              ElementsAre("workers: must be a map of keys and values (line 1)"));
  EXPECT_THAT(Violations("patch: 128\n"),
              ElementsAre("patch: must be a list: [a whole number, ...] (line 1)"));
}

TEST(JobYaml, AnElementOfAListIsNamedByItsIndex) {
  EXPECT_THAT(Violations("patch: [128, x, 64]\n"),
              ElementsAre("patch[1]: must be a whole number, not x (line 1)"));
}

TEST(JobYaml, ANumberOutsideItsRangeIsRefused) {
  EXPECT_THAT(Violations("steps: -1\n"), ElementsAre(HasSubstr("from 0 to 18446744073709551615")));
  EXPECT_THAT(Violations("slots: 4294967296\n"), ElementsAre(HasSubstr("from 0 to 4294967295")));
  EXPECT_THAT(Violations("steps: 010\n"), ElementsAre(HasSubstr("must be a whole number")));
  EXPECT_THAT(Violations("optimizer: {lr: .nan}\n"), ElementsAre(HasSubstr("must be a number")));
  EXPECT_THAT(Violations("optimizer: {lr: 1e999}\n"), ElementsAre(HasSubstr("must be a number")));
}

TEST(JobYaml, AKeyWithoutAValueIsRefused) {
  EXPECT_THAT(Violations("seed:\nsteps: 5\n"), ElementsAre("seed: has no value (line 1)"));
  EXPECT_THAT(Violations("workers: {min: null}\n"),
              ElementsAre("workers.min: has no value (line 1)"));
}

TEST(JobYaml, AKeyThatStandsTwiceIsRefused) {
  EXPECT_THAT(Violations("steps: 5\nsteps: 6\n"), ElementsAre("steps: stands here twice (line 2)"));
  EXPECT_THAT(Violations("labels: {35: 1, 35: 2}\n"),
              ElementsAre("labels.35: stands here twice (line 1)"));
}

TEST(JobYaml, AMapOfLabelsTakesWholeNumbersOnly) {
  EXPECT_THAT(Violations("labels: {left: 1}\n"),
              ElementsAre("labels.left: the key must be a whole number, not left (line 1)"));
  EXPECT_THAT(Violations("labels: {35: left}\n"),
              ElementsAre("labels.35: must be a whole number, not left (line 1)"));
}

TEST(JobYaml, AllViolationsAreToldAtOnceInTheOrderOfTheFile) {
  EXPECT_THAT(
      Violations("stepz: 5\nmethod: x\nworkers: {min: a, maxx: 2}\n", {"seedd=1"}),
      ElementsAre(HasSubstr("stepz"), HasSubstr("method"), HasSubstr("workers.min"),
                  HasSubstr("workers.maxx"), "--set seedd: unknown key; did you mean seed?"));
}

TEST(JobYaml, ASettingGoesOverTheFile) {
  const v1::JobSpec spec =
      Parse("steps: 5\nworkers: {min: 1, max: 2}\npatch: [1, 2, 3]\nlabels: {1: 1}\n",
            {"steps=7", "workers.max=4", "patch=[4, 5, 6]", "optimizer={lr: 0.5}", "labels.1=3",
             "name=heads", "dataset=/a=b"});
  EXPECT_EQ(spec.steps(), 7u);
  EXPECT_EQ(spec.workers().min(), 1u);
  EXPECT_EQ(spec.workers().max(), 4u);
  EXPECT_THAT(spec.patch(), ElementsAre(4, 5, 6));
  EXPECT_EQ(spec.optimizer().lr(), 0.5);
  EXPECT_EQ(spec.labels().at(1), 3);
  EXPECT_EQ(spec.dataset(), "/a=b");
}

TEST(JobYaml, OfTwoSettingsOfOneKeyTheLastCounts) {
  EXPECT_EQ(Parse("steps: 5\n", {"steps=6", "steps=7"}).steps(), 7u);
}

TEST(JobYaml, AWrongSettingIsRefused) {
  EXPECT_THAT(Violations("steps: 5\n", {"workers.maxx=4"}),
              ElementsAre("--set workers.maxx: unknown key; did you mean workers.max?"));
  EXPECT_THAT(Violations("steps: 5\n", {"steps"}), ElementsAre("--set steps: must be KEY=VALUE"));
  EXPECT_THAT(Violations("steps: 5\n", {"steps="}), ElementsAre("--set steps: has no value"));
  EXPECT_THAT(Violations("steps: 5\n", {"steps.more=1"}),
              ElementsAre(HasSubstr("steps is a whole number and has no keys")));
  EXPECT_THAT(Violations("steps: 5\n", {"steps=["}), ElementsAre(HasSubstr("not YAML")));
}

TEST(JobYaml, WhatIsNotYamlIsRefusedWithTheLine) {
  EXPECT_THAT(Violations("steps: 5\nworkers: {min: 1\n"), ElementsAre(HasSubstr("not YAML")));
  EXPECT_THAT(Violations("a: *nowhere\n"), ElementsAre(HasSubstr("line 1: not YAML")));
}

TEST(JobYaml, AnEmptyFileAListAndTwoDocumentsAreRefused) {
  EXPECT_THAT(Violations(""), ElementsAre("job: one YAML document is needed, not 0"));
  EXPECT_THAT(Violations("- steps\n"), ElementsAre(HasSubstr("must be a map")));
  EXPECT_THAT(Violations("steps: 5\n---\nsteps: 6\n"),
              ElementsAre("job: one YAML document is needed, not 2"));
}

TEST(JobYaml, HostileInputIsRefusedAndNothingIsThrown) {
  EXPECT_FALSE(Violations(std::string(2 << 20, 'a')).empty());
  EXPECT_FALSE(Violations(std::string(100000, '[')).empty());
  EXPECT_FALSE(Violations(std::string("\0\xff\xfe\x80", 4)).empty());
  EXPECT_FALSE(Violations("? [a, b]\n: c\n").empty());
  EXPECT_FALSE(Violations("a: &a [*a]\n").empty());
}

}  // namespace
}  // namespace gvsl::cli
