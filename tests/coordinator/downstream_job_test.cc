// Jobs of downstream tasks: what is looked at before they are stored, and what becomes of scores.
#include <gtest/gtest.h>

#include "common/checkpoint_manifest.h"
#include "common/safetensors.h"
#include "common/text.h"
#include "coordinator/job_scores.h"
#include "tests/coordinator/fake_cluster.h"
#include "tests/coordinator/test_dataset.h"

namespace gvsl::coordinator {
namespace {

class DownstreamJob : public testing::Test {
 protected:
  DownstreamJob() {
    WriteDataset("/labelled", [](data_loader::VolumeEntry& volume) {
      volume.grid.size = {16, 16, 16};
      volume.label_sha256 = std::string(64, 'd');
      volume.label_voxels = {{0, 4000}, {1, 96}};
    });
  }
  void WriteDataset(const std::string& path,
                    const std::function<void(data_loader::VolumeEntry&)>& change) {
    data_loader::DatasetManifest manifest = TestManifest(10);
    for (auto& volume : manifest.volumes) change(volume);
    manifest.sha256 = data_loader::DatasetSha256(manifest);
    ASSERT_TRUE(cluster.files().CreateDirectories(path).ok());
    ASSERT_TRUE(
        WriteFileDurably(cluster.files(), path + "/manifest.json", data_loader::ToJson(manifest))
            .ok());
  }
  v1::JobSpec Spec() {
    v1::JobSpec spec = cluster.Spec("bones", 20);
    spec.set_task(v1::TASK_SEGMENT);
    spec.set_dataset("/labelled");
    spec.set_evaluate_every(5);
    return spec;
  }
  Status Create(const v1::JobSpec& spec) {
    v1::CreateJobRequest request;
    *request.mutable_spec() = spec;
    request.set_validate_only(true);
    return cluster.coordinator().CreateJob(request).status();
  }
  void ExpectRefused(const v1::JobSpec& spec, StatusCode code, const std::string& field,
                     const std::string& reason) {
    const Status refused = Create(spec);
    EXPECT_EQ(refused.code(), code) << refused;
    ASSERT_EQ(refused.violations().size(), 1u) << refused;
    EXPECT_EQ(refused.violations()[0].field, field);
    EXPECT_NE(refused.violations()[0].reason.find(reason), std::string::npos) << refused;
  }
  void ExpectInitRefused(const std::string& path, StatusCode code, const std::string& reason) {
    v1::JobSpec spec = Spec();
    spec.mutable_init()->set_checkpoint(path);
    ExpectRefused(spec, code, "init.checkpoint", reason);
  }
  bool InitIsTaken(const std::string& path) {
    v1::JobSpec spec = Spec();
    spec.mutable_init()->set_checkpoint(path);
    return Create(spec).ok();
  }
  void WriteCheckpoint(const std::string& directory, std::uint32_t width) {
    CheckpointManifest manifest;
    manifest.width = width;
    manifest.files["model.safetensors"] = {4, std::string(64, 'c')};
    ASSERT_TRUE(cluster.files().CreateDirectories(directory).ok());
    ASSERT_TRUE(
        WriteFileDurably(cluster.files(), directory + "/manifest.json", ToJson(manifest)).ok());
  }
  FakeCluster cluster;
};

TEST_F(DownstreamJob, IsStoredWithItsSplit) {
  const v1::Job job = cluster.Submit(Spec());
  EXPECT_EQ(job.spec().split().train(), "60%");
  EXPECT_EQ(job.spec().task(), v1::TASK_SEGMENT);
}

TEST_F(DownstreamJob, ThatTheDatasetCanNotServeIsRefusedByName) {
  v1::JobSpec spec = Spec();
  spec.mutable_split()->set_train("200");
  ExpectRefused(spec, StatusCode::kInvalidArgument, "split.train",
                "200 volumes are wanted, the dataset has 10 with labels (dataset /labelled)");
  spec = Spec();
  (*spec.mutable_labels())[7] = 1;
  ExpectRefused(spec, StatusCode::kInvalidArgument, "labels", "class 1 has no voxel");
  spec = Spec();
  spec.set_dataset("/data");
  ExpectRefused(spec, StatusCode::kInvalidArgument, "dataset", "(dataset /data)");
  spec = Spec();
  spec.set_task(v1::TASK_CLASSIFY);
  ExpectRefused(spec, StatusCode::kInvalidArgument, "dataset", "with a class");
  WriteDataset("/old", [](data_loader::VolumeEntry& volume) {
    volume.grid.size = {16, 16, 16};
    volume.label_sha256 = std::string(64, 'd');
  });
  spec = Spec();
  spec.set_dataset("/old");
  ExpectRefused(spec, StatusCode::kFailedPrecondition, "dataset", "ingest the dataset again");
}

TEST_F(DownstreamJob, OneSubjectIsEnoughForWhatDrawsNoPairs) {
  WriteDataset("/lonely", [](data_loader::VolumeEntry& volume) {
    volume.subject = 0;
    volume.grid.size = {16, 16, 16};
  });
  v1::JobSpec spec = Spec();
  spec.set_dataset("/lonely");
  spec.set_task(v1::TASK_REGISTER);
  ExpectRefused(spec, StatusCode::kInvalidArgument, "split.train", "not torn apart");
}

TEST_F(DownstreamJob, InitOfAnotherWidthIsRefused) {
  WriteCheckpoint("/ckpt/x/step-000000100", 32);
  WriteCheckpoint("/ckpt/x/step-000000200", 16);
  WriteCheckpoint("/ckpt/none/step-000000200", 0);
  EXPECT_TRUE(InitIsTaken("/ckpt/x/step-000000100"));
  EXPECT_TRUE(InitIsTaken("/ckpt/none"));
  ExpectInitRefused("/ckpt/x/", StatusCode::kInvalidArgument,
                    "/ckpt/x/step-000000200 holds a network of width 16, model.width is 32");
  const std::vector<float> weights(16 * 27);
  ASSERT_TRUE(WriteSafetensors(
                  cluster.files(), "/ckpt/w.safetensors",
                  {{"unet.inc.double_conv.0.weight", FloatTensorView(weights, {16, 1, 3, 3, 3})}})
                  .ok());
  ExpectInitRefused("/ckpt/w.safetensors", StatusCode::kInvalidArgument, "width 16");
}

TEST_F(DownstreamJob, InitOfADirectoryIsTheCheckpointThatIsMeantNow) {
  WriteCheckpoint("/ckpt/x/step-000000100", 32);
  WriteCheckpoint("/ckpt/x/step-000000200", 32);
  v1::CreateJobRequest request;
  *request.mutable_spec() = Spec();
  request.mutable_spec()->mutable_init()->set_checkpoint("/ckpt/x/");
  const auto job = cluster.coordinator().CreateJob(request);
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->spec().init().checkpoint(), "/ckpt/x/step-000000200");
}

TEST_F(DownstreamJob, InitThatIsNotThereIsToldFromWhatIsNotSeen) {
  WriteCheckpoint("/ckpt/x/step-000000100", 32);
  ExpectInitRefused("/ckpt/y", StatusCode::kNotFound, "there is no /ckpt/y");
  ExpectInitRefused("/ckpt/x/step-000000300", StatusCode::kNotFound, "step-000000300");
  EXPECT_TRUE(InitIsTaken("/elsewhere/y")) << "a mount that workers have, perhaps";
  EXPECT_TRUE(InitIsTaken("/mount"));
  ASSERT_TRUE(cluster.files().CreateDirectories("/empty").ok());
  EXPECT_TRUE(InitIsTaken("/empty"));
  EXPECT_TRUE(InitIsTaken("/empty/x"));
}

TEST_F(DownstreamJob, InitThatHoldsNoWeightsIsRefused) {
  ASSERT_TRUE(cluster.files().CreateDirectories("/ckpt/x/notes").ok());
  ASSERT_TRUE(WriteFileDurably(cluster.files(), "/ckpt/x/notes.txt", "x").ok());
  ASSERT_TRUE(WriteFileDurably(cluster.files(), "/ckpt/x/w.safetensors", "broken").ok());
  ASSERT_TRUE(WriteFileDurably(cluster.files(), "/ckpt/x/w.pth", "broken").ok());
  ExpectInitRefused("/ckpt/x", StatusCode::kInvalidArgument, "holds no checkpoint");
  ExpectInitRefused("/ckpt/x/notes.txt", StatusCode::kInvalidArgument, "neither");
  ExpectInitRefused("/ckpt/x/w.safetensors", StatusCode::kDataLoss, "/ckpt/x/w.safetensors");
  EXPECT_FALSE(InitIsTaken("/ckpt/x/w.pth"));
}

void Score(std::uint64_t step, double score, v1::Curve& curve) {
  curve.set_score("dsc");
  v1::CurvePoint& point = *curve.add_points();
  point.set_step(step);
  point.set_score(score);
  if (score >= 0.5) curve.set_best_step(step);
}

TEST_F(DownstreamJob, ShowsItsCurveThoughTheStepStaysAndItsResultAtTheEnd) {
  cluster.AddWorker("w0");
  cluster.Submit(Spec());
  ASSERT_TRUE(cluster.ReachesStep("bones", 5));
  EXPECT_FALSE(cluster.Job("bones").has_curve());
  Score(5, 0.5, *cluster.worker("w0").report.mutable_curve());
  cluster.Round();
  ASSERT_EQ(cluster.Job("bones").curve().points_size(), 1);
  EXPECT_EQ(cluster.Job("bones").curve().best_step(), 5u);
  (*cluster.worker("w0").report.mutable_result())["dsc_mean"] = 0.75;
  cluster.Round();
  EXPECT_TRUE(cluster.Job("bones").result().empty()) << "it has not succeeded";
  ASSERT_TRUE(cluster.Reaches("bones", v1::JOB_STATE_SUCCEEDED));
  EXPECT_EQ(cluster.Job("bones").result().size(), 1u) << "and no losses";
  EXPECT_EQ(cluster.Job("bones").result().at("dsc_mean"), 0.75);
  EXPECT_TRUE(cluster.Job("bones").has_loss());
}

v1::Job Scored() {
  v1::Job job;
  job.mutable_spec()->set_task(v1::TASK_SEGMENT);
  job.set_step(15);
  Score(5, 0.6, *job.mutable_curve());
  Score(10, 0.5, *job.mutable_curve());
  return job;
}

TEST(JobScores, ACurveOfAWorkerThatIsBehindIsNotTaken) {
  v1::Job job = Scored();
  v1::TrainerReport report;
  EXPECT_FALSE(TakeScores(report, job));
  *report.mutable_curve() = job.curve();
  EXPECT_FALSE(TakeScores(report, job)) << "it is no news";
  Score(15, 0.7, *report.mutable_curve());
  EXPECT_TRUE(TakeScores(report, job));
  report.mutable_curve()->mutable_points()->RemoveLast();
  EXPECT_FALSE(TakeScores(report, job));
  EXPECT_EQ(job.curve().points_size(), 3);
  job.mutable_spec()->set_task(v1::TASK_PRETRAIN);
  Score(20, 0.7, *report.mutable_curve());
  EXPECT_FALSE(TakeScores(report, job)) << "pre-training is not evaluated";
}

TEST(JobScores, PointsBeyondTheStepAreCutOffAndTheBestIsOfThoseThatAreLeft) {
  v1::Job job = Scored();
  job.mutable_curve()->set_best_step(10);
  CutCurve(job);
  EXPECT_EQ(job.curve().points_size(), 2);
  job.set_step(9);
  CutCurve(job);
  EXPECT_EQ(job.curve().points_size(), 1);
  EXPECT_EQ(job.curve().best_step(), 5u);
  job.set_step(4);
  CutCurve(job);
  EXPECT_FALSE(job.has_curve());
}

}  // namespace
}  // namespace gvsl::coordinator
