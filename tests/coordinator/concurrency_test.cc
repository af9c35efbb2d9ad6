// Many callers at once, without gRPC, so that ThreadSanitizer can watch.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/fault_file_system.h"
#include "common/version.h"
#include "coordinator/coordinator.h"
#include "coordinator/store/sqlite_job_store.h"
#include "tests/coordinator/hanging_file_system.h"
#include "tests/coordinator/test_dataset.h"

namespace gvsl::coordinator {
namespace {

void Work(Coordinator& coordinator, const std::string& name) {
  v1::RegisterWorkerRequest registration;
  registration.set_name(name);
  registration.set_incarnation("1");
  registration.set_version(std::string(kVersion));
  ASSERT_TRUE(coordinator.RegisterWorker(registration).ok());
  v1::HeartbeatRequest beat;
  beat.set_name(name);
  beat.set_incarnation("1");
  beat.mutable_trainer()->set_state(v1::TrainerReport::STATE_IDLE);
  beat.mutable_trainer()->set_peer_address("x:1");
  beat.set_wait_seconds(0.01);
  for (int i = 0; i < 20; ++i) {
    const auto response = coordinator.Heartbeat(beat);
    ASSERT_TRUE(response.ok()) << response.status();
    beat.set_directive_version(response->directive_version());
    if (!response->directive().has_assignment()) continue;
    beat.mutable_trainer()->set_state(v1::TrainerReport::STATE_RUNNING);
    beat.mutable_trainer()->set_job_uid(response->directive().assignment().job_uid());
    beat.mutable_trainer()->set_generation(response->directive().assignment().generation());
  }
}

v1::CreateJobRequest Request(int number) {
  v1::CreateJobRequest request;
  v1::JobSpec& spec = *request.mutable_spec();
  spec.set_name("job-" + std::to_string(number));
  spec.set_task(v1::TASK_PRETRAIN);
  spec.set_method(v1::METHOD_GVSL);
  spec.set_dataset("/data");
  spec.set_steps(10);
  spec.mutable_checkpoint()->set_directory("/ckpt/" + spec.name());
  return request;
}

void Submit(Coordinator& coordinator, int number) {
  const v1::CreateJobRequest request = Request(number);
  const std::string& name = request.spec().name();
  ASSERT_TRUE(coordinator.CreateJob(request).ok());
  ASSERT_TRUE(coordinator.WaitForJob(name, 0, std::chrono::milliseconds(1)).ok());
  ASSERT_TRUE(coordinator.CancelJob(name).ok());
}

TEST(Concurrency, WorkersPeopleAndTimeMayComeAtOnce) {
  SystemClock clock;
  FaultFileSystem files;
  ASSERT_TRUE(WriteTestDataset(files, "/data", 3).ok());
  const auto store = *OpenSqliteJobStore(":memory:");
  LogStore logs(files, "/logs", 1000);
  CoordinatorOptions options;
  options.worker.lease = std::chrono::seconds(60);
  const auto coordinator = *Coordinator::Open(options, *store, logs, files, clock);
  std::atomic<bool> done = false;
  std::thread ticker([&] {
    while (!done) coordinator->Tick();
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { Work(*coordinator, "w" + std::to_string(i)); });
    threads.emplace_back([&, i] { Submit(*coordinator, i); });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  ticker.join();
  EXPECT_EQ(coordinator->Snapshot().jobs.size(), 4u);
}

TEST(Concurrency, ACheckpointMountThatHangsHoldsUpNoHeartbeat) {
  FaultFileSystem disk;
  ASSERT_TRUE(WriteTestDataset(disk, "/data", 3).ok());
  HangingFileSystem files(disk, "/ckpt");
  const auto store = *OpenSqliteJobStore(":memory:");
  LogStore logs(disk, "/logs", 1 << 20);
  FakeClock clock;
  const auto coordinator = *Coordinator::Open({}, *store, logs, files, clock);
  Work(*coordinator, "w");
  v1::CreateJobRequest request = Request(1);
  ASSERT_TRUE(coordinator->CreateJob(request).ok());
  v1::HeartbeatRequest beat;
  beat.set_name("w");
  beat.set_incarnation("1");
  v1::TrainerReport& report = *beat.mutable_trainer();
  report.set_state(v1::TrainerReport::STATE_STOPPED);
  report.set_job_uid(coordinator->GetJob("job-1")->uid());
  report.set_generation(1);
  report.set_holds_state(true);
  report.set_step(3);
  ASSERT_TRUE(coordinator->Heartbeat(beat).ok());

  files.Hang();
  std::thread reader([&] { coordinator->LookAtDisks(); });
  std::thread resumer([&] { (void)coordinator->ResumeJob("job-1"); });
  files.WaitUntilSomebodyHangs();
  EXPECT_TRUE(coordinator->Heartbeat(beat).ok());
  EXPECT_TRUE(coordinator->GetJob("job-1").ok());
  files.LetGo();
  reader.join();
  resumer.join();
}

}  // namespace
}  // namespace gvsl::coordinator
