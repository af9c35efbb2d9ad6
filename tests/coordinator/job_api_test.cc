// What people may ask of jobs and what they are told.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/coordinator/fake_cluster.h"
#include "tests/coordinator/test_dataset.h"

namespace gvsl::coordinator {
namespace {

class JobApi : public testing::Test {
 protected:
  StatusOr<v1::Job> Create(const v1::JobSpec& spec, const std::string& request_id = "",
                           bool validate_only = false) {
    v1::CreateJobRequest request;
    *request.mutable_spec() = spec;
    request.set_request_id(request_id);
    request.set_validate_only(validate_only);
    return cluster.coordinator().CreateJob(request);
  }
  FakeCluster cluster;
};

TEST_F(JobApi, ACreatedJobIsCompleteAndItsDatasetIsPinned) {
  const auto job = Create(cluster.Spec("heads", 5));
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->dataset_sha256(), TestManifest(3).sha256);
  ASSERT_EQ(job->spec().patch_size(), 3);
  EXPECT_EQ(job->spec().patch(0), 10u);
  EXPECT_EQ(job->spec().patch(1), 16u);
  EXPECT_FALSE(cluster.files().IsDirectory("/ckpt/heads")) << "it may be a mount of the workers";
  EXPECT_EQ(cluster.coordinator().GetJob(job->uid())->name(), "heads");
}

TEST_F(JobApi, ATakenNameIsRefusedAndFreeAgainAfterDeletion) {
  ASSERT_TRUE(Create(cluster.Spec("heads", 5)).ok());
  v1::JobSpec again = cluster.Spec("heads", 5);
  again.mutable_checkpoint()->set_directory("/ckpt/elsewhere");
  EXPECT_EQ(Create(again).status().code(), StatusCode::kAlreadyExists);
  v1::DeleteJobRequest request;
  request.set_job("heads");
  EXPECT_EQ(cluster.coordinator().DeleteJob(request).code(), StatusCode::kFailedPrecondition);
  ASSERT_TRUE(cluster.coordinator().CancelJob("heads").ok());
  ASSERT_TRUE(cluster.coordinator().DeleteJob(request).ok());
  EXPECT_EQ(cluster.coordinator().GetJob("heads").status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(Create(again).ok());
}

TEST_F(JobApi, TheSameRequestIdIsTheSameJobAndAnotherBodyIsRefused) {
  const auto first = Create(cluster.Spec("heads", 5), "r1");
  const auto second = Create(cluster.Spec("heads", 5), "r1");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->uid(), second->uid());
  EXPECT_EQ(Create(cluster.Spec("heads", 6), "r1").status().code(), StatusCode::kAlreadyExists);
}

TEST_F(JobApi, ValidatingStoresNothing) {
  ASSERT_TRUE(Create(cluster.Spec("heads", 5), "r1", /*validate_only=*/true).ok());
  EXPECT_EQ(cluster.coordinator().GetJob("heads").status().code(), StatusCode::kNotFound);
  EXPECT_FALSE(cluster.files().IsDirectory("/ckpt/heads"));
}

TEST_F(JobApi, AMissingADamagedAndATooSmallDatasetAreToldApart) {
  v1::JobSpec spec = cluster.Spec("heads", 5);
  spec.set_dataset("/nowhere");
  EXPECT_EQ(Create(spec).status().code(), StatusCode::kNotFound);
  ASSERT_TRUE(cluster.files().CreateDirectories("/broken").ok());
  ASSERT_TRUE(WriteFileDurably(cluster.files(), "/broken/manifest.json", "{}").ok());
  spec.set_dataset("/broken");
  EXPECT_EQ(Create(spec).status().code(), StatusCode::kDataLoss);
  ASSERT_TRUE(WriteTestDataset(cluster.files(), "/lonely", 1).ok());
  spec.set_dataset("/lonely");
  const Status lonely = Create(spec).status();
  EXPECT_EQ(lonely.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(lonely.violations().at(0).field, "dataset");
}

TEST_F(JobApi, ACheckpointDirectoryBelongsToOneJob) {
  ASSERT_TRUE(Create(cluster.Spec("heads", 5)).ok());
  v1::JobSpec other = cluster.Spec("other", 5);
  other.mutable_checkpoint()->set_directory("/ckpt/./heads/");
  const Status taken = Create(other).status();
  EXPECT_EQ(taken.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(taken.violations().at(0).field, "checkpoint.directory");

  cluster.AddWorker("w0");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  v1::DeleteJobRequest request;
  request.set_job("heads");
  ASSERT_TRUE(cluster.coordinator().DeleteJob(request).ok());
  EXPECT_EQ(Create(other).status().code(), StatusCode::kFailedPrecondition);  // its checkpoints
}

TEST_F(JobApi, DeletingWithCheckpointsFreesTheDirectory) {
  ASSERT_TRUE(Create(cluster.Spec("heads", 5)).ok());
  cluster.AddWorker("w0");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  v1::DeleteJobRequest request;
  request.set_job("heads");
  request.set_delete_checkpoints(true);
  ASSERT_TRUE(cluster.coordinator().DeleteJob(request).ok());
  EXPECT_TRUE(Create(cluster.Spec("heads", 5)).ok());
}

TEST_F(JobApi, JobsAreListedInPagesByCreationThoughSomeAreDeletedBetween) {
  for (const char* name : {"a", "b", "c", "d"}) ASSERT_TRUE(Create(cluster.Spec(name, 5)).ok());
  v1::ListJobsRequest request;
  request.set_page_size(2);
  auto page = cluster.coordinator().ListJobs(request);
  ASSERT_EQ(page->jobs_size(), 2);
  EXPECT_EQ(page->jobs(0).name(), "a");
  ASSERT_TRUE(cluster.coordinator().CancelJob("a").ok());
  v1::DeleteJobRequest gone;
  gone.set_job("a");
  ASSERT_TRUE(cluster.coordinator().DeleteJob(gone).ok());
  request.set_page_token(page->next_page_token());
  page = cluster.coordinator().ListJobs(request);
  ASSERT_EQ(page->jobs_size(), 2);
  EXPECT_EQ(page->jobs(0).name(), "c");
  EXPECT_TRUE(page->next_page_token().empty());
  request.set_page_token("nonsense");
  EXPECT_EQ(cluster.coordinator().ListJobs(request).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(JobApi, AJobThatRunsOrHasSucceededCanNotBeResumed) {
  ASSERT_TRUE(Create(cluster.Spec("heads", 5)).ok());
  EXPECT_EQ(cluster.coordinator().ResumeJob("heads").status().code(),
            StatusCode::kFailedPrecondition);
  cluster.AddWorker("w0");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_EQ(cluster.coordinator().ResumeJob("heads").status().code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(cluster.coordinator().CancelJob("heads").status().code(),
            StatusCode::kFailedPrecondition);
}

TEST_F(JobApi, GoodputIsTheShareOfKeptSteps) {
  ASSERT_TRUE(Create(cluster.Spec("heads", 30)).ok());
  cluster.AddWorker("w0");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  const double goodput = cluster.Job("heads").goodput();
  EXPECT_GT(goodput, 0.8);
  EXPECT_LE(goodput, 1.0);
}

TEST_F(JobApi, ACheckpointThatCouldNotBeWrittenIsAnEventAndTheJobGoesOn) {
  ASSERT_TRUE(Create(cluster.Spec("heads", 30)).ok());
  cluster.AddWorker("w0");
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  v1::CheckpointReport report;
  report.set_job_uid(cluster.Job("heads").uid());
  report.set_error("No space left on device");
  cluster.worker("w0").checkpoints.push_back(report);
  cluster.Round();
  cluster.worker("w0").checkpoints.push_back(report);
  cluster.Round();
  const auto events = cluster.Events("heads");
  EXPECT_EQ(std::count(events.begin(), events.end(), "CHECKPOINT_FAILED"), 1) << "said once";
  EXPECT_EQ(cluster.Job("heads").state(), v1::JOB_STATE_RUNNING);
}

}  // namespace
}  // namespace gvsl::coordinator
