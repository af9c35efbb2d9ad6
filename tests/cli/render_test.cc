#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cli/render/format.h"
#include "cli/render/job_json.h"
#include "cli/render/job_text.h"
#include "cli/render/table.h"

namespace gvsl::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

v1::Job RunningJob() {
  return FromText<v1::Job>(R"(
    name: "heads" uid: "u1" state: JOB_STATE_RUNNING step: 450 steps: 1000 round: 2 generation: 3
    loss: 0.12345 learning_rate: 0.0001 samples_per_second: 12.34 eta_seconds: 432 goodput: 0.9
    lost_seconds { key: "worker_lost" value: 1.5 }
    workers { name: "worker-1" device: "cpu" slots: 0 slots: 2 step_seconds: 0.5 }
    workers { name: "worker-2" device: "cpu" slots: 1 step_seconds: 0.5 }
    checkpoints { step: 400 path: "/c/step-000000400" weights_sha256: "ab" bytes: 9007199254740993
                  time { seconds: 1795446000 } }
    spec { name: "heads" method: METHOD_GVSL_NO_MATCHING steps: 1000 labels { key: 3 value: 1 } })");
}

TEST(JobJson, EveryListedFieldIsThereForAJobThatHasNothingYet) {
  const Json json = JobToJson(FromText<v1::Job>("name: \"heads\" state: JOB_STATE_QUEUED"));
  for (const char* key : {"name", "uid", "state", "reason", "step", "steps", "round", "generation",
                          "loss", "learning_rate", "samples_per_second", "eta_seconds", "goodput",
                          "lost_seconds", "workers", "checkpoints", "quarantine", "result"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_EQ(json["state"], "QUEUED");
  EXPECT_EQ(json["step"], 0);
  EXPECT_TRUE(json["loss"].is_null());
  EXPECT_TRUE(json["start_time"].is_null());
  EXPECT_EQ(json["workers"], Json::array());
  EXPECT_EQ(json["checkpoints"], Json::array());
  EXPECT_EQ(json["quarantine"], Json::array());
  EXPECT_EQ(json["lost_seconds"], Json::object());
  EXPECT_EQ(json["result"], Json::object());
}

TEST(JobJson, NumbersAreNumbersAndNotFiniteOnesAreNull) {
  v1::Job job = RunningJob();
  job.set_eta_seconds(std::numeric_limits<double>::infinity());
  job.set_loss(std::nan(""));
  (*job.mutable_result())["total"] = -std::numeric_limits<double>::infinity();
  const Json json = Json::parse(DumpLine(JobToJson(job)));
  EXPECT_TRUE(json["step"].is_number_unsigned());
  EXPECT_TRUE(json["eta_seconds"].is_null());
  EXPECT_TRUE(json["loss"].is_null());
  EXPECT_TRUE(json["result"]["losses"]["total"].is_null());
  EXPECT_EQ(json["learning_rate"], 0.0001);
  EXPECT_EQ(json["checkpoints"][0]["bytes"], 9007199254740993u);
}

TEST(JobJson, WhatIsLeftOutIsListedAndPartOfAResult) {
  v1::Job job = RunningJob();
  v1::QuarantinedShard& one = *job.add_quarantine();
  one.set_shard("shard-00003.safetensors");
  one.set_step(120);
  const std::string listed = R"([{"shard":"shard-00003.safetensors","step":120}])";
  EXPECT_EQ(DumpLine(JobToJson(job)["quarantine"]), listed);
  EXPECT_NE(JobDescription(job).find("shard-00003.safetensors from step 120 on"),
            std::string::npos);
  EXPECT_EQ(JobToJson(job)["result"], Json::object());
  (*job.mutable_result())["total"] = 0.5;
  EXPECT_EQ(DumpLine(JobToJson(job)["result"]["quarantine"]), listed);
}

TEST(JobJson, WorkersAndCheckpointsHaveTheirListedFields) {
  const Json json = JobToJson(RunningJob());
  EXPECT_EQ(DumpLine(json["workers"][0]),
            R"({"name":"worker-1","device":"cpu","slots":[0,2],"step_seconds":0.5})");
  EXPECT_EQ(DumpLine(json["checkpoints"][0]),
            R"({"step":400,"path":"/c/step-000000400","weights_sha256":"ab",)"
            R"("bytes":9007199254740993,"time":"2026-11-23T15:00:00Z","pinned":false})");
}

TEST(JobJson, TheSpecHasTheKeysAndValuesOfAJobFile) {
  EXPECT_EQ(DumpLine(JobToJson(RunningJob())["spec"]),
            R"({"name":"heads","method":"gvsl-no-matching","steps":1000,"labels":{"3":1}})");
}

TEST(JobJson, BytesThatAreNotTextAreReplaced) {
  const Json json = {{"text", "a\xff"}};
  EXPECT_EQ(DumpLine(json), "{\"text\":\"a\xef\xbf\xbd\"}");
}

TEST(JobJson, AStateOfALaterVersionIsUnknown) {
  EXPECT_EQ(StateName(static_cast<v1::JobState>(99)), "UNKNOWN");
  EXPECT_EQ(StateName(v1::JOB_STATE_SUCCEEDED), "SUCCEEDED");
}

TEST(ProgressLine, ShowsStepLossRateTimeLeftAndWorkers) {
  EXPECT_EQ(ProgressLine(RunningJob(), 110),
            "heads  RUNNING  [#######---------] 450/1000  45%  loss 0.1235  12.34 samples/s  "
            "ETA 7m12s  2 workers");
}

TEST(ProgressLine, ShowsWhyAJobWaits) {
  const auto job = FromText<v1::Job>(
      "name: \"heads\" state: JOB_STATE_QUEUED steps: 10 reason: \"0 of 2 workers are idle\"");
  EXPECT_EQ(ProgressLine(job, 110),
            "heads  QUEUED  [----------------] 0/10  0%  0 of 2 workers are idle");
}

TEST(ProgressLine, IsNeverLongerThanTheTerminal) {
  const std::string line = ProgressLine(RunningJob(), 40);
  EXPECT_EQ(CountColumns(line), 40u);
  EXPECT_THAT(line, EndsWith("…"));
}

TEST(ProgressLine, OfAJobWithoutStepsIsEmpty) {
  EXPECT_THAT(ProgressLine(FromText<v1::Job>("name: \"x\""), 80), HasSubstr("0/0  0%"));
}

TEST(JobTable, HasALineForEachJob) {
  Repeated<v1::Job> jobs;
  *jobs.Add() = RunningJob();
  jobs.Mutable(0)->mutable_create_time()->set_seconds(1000);
  const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(1125));
  EXPECT_EQ(JobTable(jobs, now),
            "NAME   STATE    STEP      LOSS    SAMPLES/S  ETA    WORKERS  AGE\n"
            "heads  RUNNING  450/1000  0.1235  12.34      7m12s  2        2m5s");
}

TEST(JobDescription, NamesWorkersCheckpointsAndMethod) {
  const std::string text = JobDescription(RunningJob());
  EXPECT_THAT(text, HasSubstr("method:                     gvsl-no-matching"));
  EXPECT_THAT(text, HasSubstr("worker-1  cpu     0,2"));
  EXPECT_THAT(text, HasSubstr("/c/step-000000400"));
}

v1::Job SegmentJob() {
  return FromText<v1::Job>(R"(
    name: "bones" state: JOB_STATE_SUCCEEDED step: 400 steps: 400
    result { key: "dsc.1" value: 0.75 } result { key: "dsc.10" value: 0.5 }
    result { key: "dsc.2" value: nan } result { key: "dsc_mean" value: 0.625 }
    curve { score: "dsc" best_step: 200 points { step: 200 score: 0.75 }
            points { step: 400 score: 0.5 } }
    spec { name: "bones" task: TASK_SEGMENT method: METHOD_GVSL split { train: "60%" } })");
}

TEST(JobResult, ScoresByClassNestAndTheCurveHasTheScoresName) {
  EXPECT_EQ(DumpLine(JobToJson(SegmentJob())["result"]),
            R"({"dsc":{"1":0.75,"2":null,"10":0.5},"dsc_mean":0.625,)"
            R"("curve":[{"step":200,"dsc":0.75},{"step":400,"dsc":0.5}],"best_step":200})");
}

TEST(JobResult, TheCurveIsThereWhileTheJobRunsAndBefore) {
  v1::Job job = SegmentJob();
  job.clear_result();
  job.set_state(v1::JOB_STATE_RUNNING);
  EXPECT_EQ(JobToJson(job)["result"]["curve"].size(), 2u);
  job.clear_curve();
  EXPECT_EQ(DumpLine(JobToJson(job)["result"]), R"({"curve":[],"best_step":null})");
}

TEST(JobResult, IsATableByClassWithTheBestOfTheCurve) {
  const std::string text = JobDescription(SegmentJob());
  EXPECT_THAT(text, HasSubstr("CLASS  DSC\n1      0.75\n2      -\n10     0.5"));
  EXPECT_THAT(text, testing::ContainsRegex("best validation dsc: +0.75 at step 200"));
  EXPECT_THAT(text, testing::ContainsRegex("last validation dsc: +0.5 at step 400"));
  EXPECT_THAT(text, testing::ContainsRegex("result: dsc_mean: +0.625"));
  EXPECT_THAT(text, testing::ContainsRegex("task: +segment"));
}

TEST(Table, ControlCharactersCannotReachTheTerminal) {
  EXPECT_THAT(FormatTable({"A"}, {{"x\x1b[2Jy\n"}}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(FormatFacts({{"a", "x\x1b[2J"}}), Not(HasSubstr("\x1b")));
}

TEST(Format, SecondsAreShort) {
  EXPECT_EQ(FormatSeconds(9.4), "9s");
  EXPECT_EQ(FormatSeconds(432), "7m12s");
  EXPECT_EQ(FormatSeconds(7500), "2h5m");
  EXPECT_EQ(FormatSeconds(273600), "3d4h");
  EXPECT_EQ(FormatSeconds(std::nan("")), "-");
  EXPECT_EQ(FormatSeconds(-1), "-");
}

TEST(Format, BytesHaveAUnit) {
  EXPECT_EQ(FormatBytes(312), "312 B");
  EXPECT_EQ(FormatBytes(1572864), "1.5 MiB");
}

}  // namespace
}  // namespace gvsl::cli
