#include "coordinator/report_check.h"

#include <gtest/gtest.h>

#include <limits>

namespace gvsl::coordinator {
namespace {

using v1::TrainerReport;

v1::Job TestJob() {
  v1::Job job;
  job.set_steps(100);
  job.set_generation(3);
  job.mutable_spec()->mutable_checkpoint()->set_directory("/ckpt/heads");
  return job;
}

TEST(ReportCheck, AnOrdinaryReportPasses) {
  TrainerReport report;
  report.set_state(TrainerReport::STATE_RUNNING);
  report.set_step(100);
  const v1::Job job = TestJob();
  EXPECT_TRUE(CheckReport(report, &job).ok());
}

TEST(ReportCheck, AStateThatDoesNotExistAndAStepBeyondTheEndAreRefused) {
  const v1::Job job = TestJob();
  TrainerReport report;
  report.set_state(static_cast<TrainerReport::State>(99));
  EXPECT_EQ(CheckReport(report, &job).code(), StatusCode::kInvalidArgument);
  report.set_state(TrainerReport::STATE_RUNNING);
  report.mutable_progress()->set_step(101);
  EXPECT_EQ(CheckReport(report, &job).code(), StatusCode::kInvalidArgument);
}

TrainerReport Scored(int points) {
  TrainerReport report;
  report.set_state(TrainerReport::STATE_RUNNING);
  report.mutable_curve()->set_score("dsc");
  for (int i = 1; i <= points; ++i) {
    v1::CurvePoint& point = *report.mutable_curve()->add_points();
    point.set_step(i);
    point.set_score(0.5);
  }
  return report;
}

void ExpectRefused(const TrainerReport& report, const char* field) {
  v1::Job job = TestJob();
  job.set_steps(2000);
  const Status refused = CheckReport(report, &job);
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument) << field;
  ASSERT_FALSE(refused.violations().empty());
  EXPECT_EQ(refused.violations()[0].field, field);
}

TEST(ReportCheck, ACurveAscendsIsFiniteAndEndsWithTheJob) {
  const v1::Job job = TestJob();
  const TrainerReport good = Scored(100);
  EXPECT_TRUE(CheckReport(good, &job).ok());
  EXPECT_FALSE(CheckReport(Scored(101), &job).ok()) << "beyond the job's steps";
  ExpectRefused(Scored(1101), "trainer.curve.points");
  TrainerReport bad = good;
  bad.mutable_curve()->mutable_points(7)->set_step(7);
  ExpectRefused(bad, "trainer.curve.points");
  bad = good;
  bad.mutable_curve()->mutable_points(7)->set_score(std::numeric_limits<double>::quiet_NaN());
  ExpectRefused(bad, "trainer.curve.points");
  bad = good;
  bad.mutable_curve()->set_score(std::string(100, 's'));
  ExpectRefused(bad, "trainer.curve.score");
  bad = good;
  bad.mutable_curve()->set_best_step(101);
  EXPECT_FALSE(CheckReport(bad, &job).ok());
}

TEST(ReportCheck, AResultHasRoomForEveryClassAndNoMore) {
  TrainerReport report = Scored(1);
  for (int i = 0; i < 768; ++i) (*report.mutable_result())["dsc." + std::to_string(i)] = 1;
  const v1::Job job = TestJob();
  EXPECT_TRUE(CheckReport(report, &job).ok());
  for (int i = 768; i < 801; ++i) (*report.mutable_result())["dsc." + std::to_string(i)] = 1;
  ExpectRefused(report, "trainer.result");
}

TEST(ReportCheck, NumbersThatAreNotFiniteBecomeZero) {
  TrainerReport report;
  report.mutable_progress()->set_step_seconds(std::numeric_limits<double>::quiet_NaN());
  report.mutable_progress()->set_samples_per_second(std::numeric_limits<double>::infinity());
  report.mutable_progress()->set_slot_seconds(-1);
  const TrainerReport clean = CleanReport(report);
  EXPECT_EQ(clean.progress().step_seconds(), 0);
  EXPECT_EQ(clean.progress().samples_per_second(), 0);
  EXPECT_EQ(clean.progress().slot_seconds(), 0);
}

TEST(ReportCheck, ALongReasonIsCutBetweenTwoCharacters) {
  TrainerReport report;
  for (int i = 0; i < 3000; ++i) *report.mutable_reason() += "\u00e4";
  *report.mutable_reason() = "x" + report.reason();
  const TrainerReport clean = CleanReport(report);
  EXPECT_LT(clean.reason().size(), 4200u);
  TrainerReport again;
  EXPECT_TRUE(again.ParseFromString(clean.SerializeAsString())) << "it is still UTF-8";
}

TEST(ReportCheck, ACheckpointGetsThePathThatTheCoordinatorWouldUse) {
  v1::CheckpointReport report;
  report.set_generation(3);
  report.mutable_checkpoint()->set_step(50);
  report.mutable_checkpoint()->set_path("/etc");
  const auto clean = CleanCheckpoint(report, TestJob());
  ASSERT_TRUE(clean.has_value());
  EXPECT_EQ(clean->checkpoint().path(), "/ckpt/heads/step-000000050");
  report.mutable_checkpoint()->set_step(101);
  EXPECT_FALSE(CleanCheckpoint(report, TestJob()).has_value());
}

TEST(ReportCheck, ARegistrationWithEndlessTextsIsRefused) {
  v1::RegisterWorkerRequest request;
  request.set_name("w");
  request.set_incarnation("1");
  EXPECT_TRUE(CheckRegistration(request).ok());
  request.set_numeric_class(std::string(10000, 'x'));
  EXPECT_EQ(CheckRegistration(request).violations().at(0).field, "numeric_class");
}

}  // namespace
}  // namespace gvsl::coordinator
