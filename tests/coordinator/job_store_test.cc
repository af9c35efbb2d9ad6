#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "coordinator/store/sqlite_job_store.h"
#include "coordinator/store/state_lock.h"

namespace gvsl::coordinator {
namespace {

class JobStoreTest : public testing::Test {
 protected:
  JobStoreTest() : folder_(testing::TempDir() + "job_store_" + std::to_string(getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~JobStoreTest() override { std::filesystem::remove_all(folder_); }
  std::string Path() const { return folder_ + "/coordinator.sqlite"; }
  std::unique_ptr<JobStore> Open() {
    auto store = OpenSqliteJobStore(Path());
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  static v1::StoredJob Job(const std::string& uid, const std::string& name) {
    v1::StoredJob job;
    job.mutable_job()->set_uid(uid);
    job.mutable_job()->set_name(name);
    return job;
  }
  std::string folder_;
};

TEST_F(JobStoreTest, WhatWasAppliedIsThereWhenItIsOpenedAgain) {
  {
    const auto store = Open();
    StoreChange change;
    change.jobs = {Job("u2", "second"), Job("u1", "first")};
    change.events.emplace_back("u1", v1::JobEvent());
    change.request = {"r1", "hash", "u1"};
    ASSERT_TRUE(store->Apply(change).ok());
  }
  const auto store = Open();
  const auto jobs = store->LoadJobs();
  ASSERT_EQ(jobs->size(), 2u);
  EXPECT_EQ((*jobs)[0].job().uid(), "u2");  // by creation
  EXPECT_EQ((*store->FindRequest("r1"))->job_uid, "u1");
  EXPECT_FALSE(store->FindRequest("r2")->has_value());
  EXPECT_EQ(store->ListEvents("u1", 0, 10)->events.size(), 1u);
}

TEST_F(JobStoreTest, AJobThatIsReplacedKeepsItsPlace) {
  const auto store = Open();
  ASSERT_TRUE(store->Apply({.jobs = {Job("u1", "a"), Job("u2", "b")}}).ok());
  ASSERT_TRUE(store->Apply({.jobs = {Job("u1", "changed")}}).ok());
  const auto jobs = store->LoadJobs();
  ASSERT_EQ(jobs->size(), 2u);
  EXPECT_EQ((*jobs)[0].job().name(), "changed");
}

TEST_F(JobStoreTest, AChangeThatFailsInTheMiddleLeavesNothing) {
  const auto store = Open();
  StoreChange change;
  change.jobs = {Job("u1", "a")};
  change.request = {"r1", "hash", "u1"};
  ASSERT_TRUE(store->Apply(change).ok());
  change.jobs = {Job("u2", "b")};  // the same request id again
  EXPECT_FALSE(store->Apply(change).ok());
  EXPECT_EQ(store->LoadJobs()->size(), 1u);
}

TEST_F(JobStoreTest, DeletingAJobTakesItsEventsAndRequestsWithIt) {
  const auto store = Open();
  StoreChange change;
  change.jobs = {Job("u1", "a")};
  change.events.emplace_back("u1", v1::JobEvent());
  change.request = {"r1", "hash", "u1"};
  ASSERT_TRUE(store->Apply(change).ok());
  ASSERT_TRUE(store->Apply({.deleted = {"u1"}}).ok());
  EXPECT_TRUE(store->LoadJobs()->empty());
  EXPECT_TRUE(store->ListEvents("u1", 0, 10)->events.empty());
  EXPECT_FALSE(store->FindRequest("r1")->has_value());
}

TEST_F(JobStoreTest, EventsComeInPages) {
  const auto store = Open();
  for (int i = 0; i < 5; ++i) {
    v1::JobEvent event;
    event.set_step(i);
    ASSERT_TRUE(store->Apply({.events = {{"u1", event}, {"other", event}}}).ok());
  }
  auto page = store->ListEvents("u1", 0, 3);
  ASSERT_EQ(page->events.size(), 3u);
  ASSERT_GT(page->next, 0);
  page = store->ListEvents("u1", page->next, 3);
  ASSERT_EQ(page->events.size(), 2u);
  EXPECT_EQ(page->events[0].step(), 3u);
  EXPECT_EQ(page->next, 0);
}

TEST_F(JobStoreTest, AFileThatIsNoDatabaseIsDataLossAndNamed) {
  std::ofstream(Path()) << std::string(5000, 'x');
  const auto store = OpenSqliteJobStore(Path());
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.status().code(), StatusCode::kDataLoss);
  EXPECT_NE(store.status().message().find(Path()), std::string::npos);
}

TEST_F(JobStoreTest, ADamagedPageIsDataLoss) {
  {
    const auto store = Open();
    for (int i = 0; i < 200; ++i) {
      v1::StoredJob job = Job("u" + std::to_string(i), std::string(500, 'n'));
      ASSERT_TRUE(store->Apply({.jobs = {job}}).ok());
    }
  }
  std::fstream file(Path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(40000, '\xee');
  file.close();
  const auto store = OpenSqliteJobStore(Path());
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.status().code(), StatusCode::kDataLoss);
}

TEST_F(JobStoreTest, TheStateDirectoryHasOneCoordinatorAtATime) {
  {
    const auto first = StateLock::Take(folder_);
    ASSERT_TRUE(first.ok());
    const auto second = StateLock::Take(folder_);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.status().code(), StatusCode::kFailedPrecondition);
    EXPECT_NE(second.status().message().find(std::to_string(getpid())), std::string::npos);
  }
  EXPECT_TRUE(StateLock::Take(folder_).ok());
}

}  // namespace
}  // namespace gvsl::coordinator
