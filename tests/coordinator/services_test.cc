// The services over a real connection on loopback, scripted workers calling them.
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/checkpoint_directory.h"
#include "common/fault_file_system.h"
#include "common/grpc_status.h"
#include "common/sha256.h"
#include "common/version.h"
#include "coordinator/coordinator_metrics.h"
#include "coordinator/coordinator_server.h"
#include "coordinator/store/sqlite_job_store.h"
#include "gvsl/v1/checkpoint_service.grpc.pb.h"
#include "gvsl/v1/job_service.grpc.pb.h"
#include "gvsl/v1/worker_service.grpc.pb.h"
#include "tests/coordinator/test_dataset.h"

namespace gvsl::coordinator {
namespace {

grpc::ByteBuffer Bytes(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

std::string Text(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& slice : slices) text.append(slice.begin(), slice.end());
  return text;
}

// One message there, one back, whatever the method's type: the messages are given as bytes.
std::string Exchange(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& request) {
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  const auto call = stub.PrepareCall(&context, method, &queue);
  void* tag = nullptr;
  bool ok = false;
  const auto wait = [&] { return queue.Next(&tag, &ok) && ok; };
  call->StartCall(nullptr);
  EXPECT_TRUE(wait());
  call->WriteLast(Bytes(request), grpc::WriteOptions(), nullptr);
  EXPECT_TRUE(wait());
  grpc::ByteBuffer response;
  call->Read(&response, nullptr);
  EXPECT_TRUE(wait());
  grpc::Status status;
  call->Finish(&status, nullptr);
  EXPECT_TRUE(wait());
  EXPECT_TRUE(status.ok()) << status.error_message();
  return Text(response);
}

class Services : public testing::Test {
 protected:
  Services() : store(*OpenSqliteJobStore(":memory:")), logs(files, "/logs", 1 << 20) {
    EXPECT_TRUE(WriteTestDataset(files, "/data", 3).ok());
    coordinator = *Coordinator::Open({}, *store, logs, files, clock);
    server = *CoordinatorServer::Start("127.0.0.1:0", grpc::InsecureServerCredentials(),
                                       *coordinator, logs, files, metrics, clock);
    channel = grpc::CreateChannel(server->address(), grpc::InsecureChannelCredentials());
    jobs = v1::JobService::NewStub(channel);
    workers = v1::WorkerService::NewStub(channel);
    checkpoints = v1::CheckpointService::NewStub(channel);
  }

  static v1::CreateJobRequest Request(const std::string& name) {
    v1::CreateJobRequest request;
    v1::JobSpec& spec = *request.mutable_spec();
    spec.set_name(name);
    spec.set_task(v1::TASK_PRETRAIN);
    spec.set_method(v1::METHOD_GVSL);
    spec.set_dataset("/data");
    spec.set_steps(10);
    spec.mutable_checkpoint()->set_directory("/ckpt/" + name);
    return request;
  }
  grpc::Status Create(const v1::CreateJobRequest& request, v1::Job* job) {
    grpc::ClientContext context;
    return jobs->CreateJob(&context, request, job);
  }
  grpc::Status Register(const std::string& name) {
    v1::RegisterWorkerRequest request;
    request.set_name(name);
    request.set_incarnation("1");
    request.set_version(std::string(kVersion));
    request.set_threads(1);
    v1::RegisterWorkerResponse response;
    grpc::ClientContext context;
    return workers->RegisterWorker(&context, request, &response);
  }
  static v1::HeartbeatRequest Idle(const std::string& name) {
    v1::HeartbeatRequest request;
    request.set_name(name);
    request.set_incarnation("1");
    request.mutable_trainer()->set_state(v1::TrainerReport::STATE_IDLE);
    request.mutable_trainer()->set_peer_address("127.0.0.1:1");
    request.mutable_trainer()->set_incarnation(1);
    return request;
  }
  grpc::Status Beat(const v1::HeartbeatRequest& request, v1::HeartbeatResponse* response) {
    grpc::ClientContext context;
    return workers->Heartbeat(&context, request, response);
  }
  void WriteCheckpoint(const v1::Job& job, std::uint64_t step, const std::string& weights) {
    CheckpointManifest manifest;
    manifest.job_uid = job.uid();
    manifest.job_name = job.name();
    manifest.step = step;
    manifest.time = "2026-11-23T12:00:00Z";
    manifest.files["model.safetensors"] = {weights.size(), Sha256Hex(weights)};
    const std::string directory =
        JoinPath(job.spec().checkpoint().directory(), CheckpointName(step));
    ASSERT_TRUE(files.CreateDirectories(directory).ok());
    ASSERT_TRUE(
        WriteFileDurably(files, JoinPath(directory, "manifest.json"), ToJson(manifest)).ok());
    ASSERT_TRUE(WriteFileDurably(files, JoinPath(directory, "model.safetensors"), weights).ok());
  }

  SystemClock clock;
  FaultFileSystem files;
  std::unique_ptr<JobStore> store;
  LogStore logs;
  Metrics metrics;
  std::unique_ptr<Coordinator> coordinator;
  std::unique_ptr<CoordinatorServer> server;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::JobService::Stub> jobs;
  std::unique_ptr<v1::WorkerService::Stub> workers;
  std::unique_ptr<v1::CheckpointService::Stub> checkpoints;
};

TEST_F(Services, ARefusedJobNamesTheFieldsInItsErrorDetails) {
  v1::CreateJobRequest request = Request("heads");
  request.mutable_spec()->mutable_optimizer()->set_lr(-1);
  v1::Job job;
  const grpc::Status status = Create(request, &job);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const Status decoded = FromGrpcStatus(status);
  ASSERT_EQ(decoded.violations().size(), 1u);
  EXPECT_EQ(decoded.violations()[0].field, "optimizer.lr");
}

TEST_F(Services, WatchingAJobShowsEveryStateAndEndsWithTheLast) {
  v1::Job job;
  ASSERT_TRUE(Create(Request("heads"), &job).ok());
  v1::WatchJobRequest request;
  request.set_job("heads");
  grpc::ClientContext context;
  const auto stream = jobs->WatchJob(&context, request);
  ASSERT_TRUE(stream->Read(&job));
  EXPECT_EQ(job.state(), v1::JOB_STATE_QUEUED);
  ASSERT_TRUE(coordinator->CancelJob("heads").ok());
  v1::Job last;
  while (stream->Read(&job)) last = job;
  EXPECT_EQ(last.state(), v1::JOB_STATE_CANCELLED);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(Services, AHeldHeartbeatIsAnsweredAtOnceWhenThereIsADirective) {
  ASSERT_TRUE(Register("w0").ok());
  v1::HeartbeatRequest request = Idle("w0");
  v1::HeartbeatResponse response;
  ASSERT_TRUE(Beat(request, &response).ok());
  EXPECT_FALSE(response.directive().has_assignment());
  request.set_directive_version(response.directive_version());
  request.set_wait_seconds(60);  // held for half a second at most
  std::thread submitter([&] {
    v1::Job job;
    EXPECT_TRUE(Create(Request("heads"), &job).ok());
  });
  for (int i = 0; i < 20 && !response.directive().has_assignment(); ++i) {
    ASSERT_TRUE(Beat(request, &response).ok());
  }
  submitter.join();
  EXPECT_EQ(response.directive().assignment().job_name(), "heads");
  EXPECT_EQ(response.directive().assignment().members_size(), 1);
}

TEST_F(Services, SixtyFourWorkersAreHeldAtTheSameTime) {
  constexpr int kWorkers = 64;
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kWorkers; ++i) {
    threads.emplace_back([&, name = "w" + std::to_string(i)] {
      ASSERT_TRUE(Register(name).ok());
      v1::HeartbeatRequest request = Idle(name);
      v1::HeartbeatResponse response;
      for (int beat = 0; beat < 3; ++beat) {
        ASSERT_TRUE(Beat(request, &response).ok());
        request.set_directive_version(response.directive_version());
        request.set_wait_seconds(0.2);
      }
      ++answered;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, kWorkers);
  EXPECT_EQ(coordinator->ListWorkers().workers_size(), kWorkers);
}

TEST_F(Services, LogsThatWorkersSendAreReadInWholeLines) {
  v1::Job job;
  ASSERT_TRUE(Create(Request("heads"), &job).ok());
  ASSERT_TRUE(Register("w0").ok());
  v1::HeartbeatRequest beat = Idle("w0");
  v1::LogChunk& chunk = *beat.add_logs();
  chunk.set_job_uid(job.uid());
  chunk.set_text("one\ntwo\n");
  v1::HeartbeatResponse response;
  ASSERT_TRUE(Beat(beat, &response).ok());
  ASSERT_EQ(response.log_acks_size(), 1);
  EXPECT_EQ(response.log_acks(0).next_offset(), 8u);

  v1::ReadLogsRequest request;
  request.set_job("heads");
  request.set_since_offset(4);
  grpc::ClientContext context;
  const auto stream = jobs->ReadLogs(&context, request);
  v1::LogLines lines;
  ASSERT_TRUE(stream->Read(&lines));
  EXPECT_EQ(lines.worker(), "w0");
  EXPECT_EQ(lines.text(), "two\n");
  EXPECT_FALSE(stream->Read(&lines));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(Services, CallsAreCountedAndTimedUnderTheNamesOfOtherGrpcServers) {
  v1::GetJobRequest request;
  request.set_job("nobody");
  v1::Job job;
  grpc::ClientContext context;
  EXPECT_EQ(jobs->GetJob(&context, request, &job).error_code(), grpc::StatusCode::NOT_FOUND);
  const std::string labels =
      "grpc_method=\"GetJob\",grpc_service=\"gvsl.v1.JobService\",grpc_type=\"unary\"";
  const std::string text = metrics.Expose();
  for (const std::string& line :
       {"grpc_server_started_total{" + labels + "} 1\n",
        "grpc_server_handled_total{grpc_code=\"NotFound\"," + labels + "} 1\n",
        "grpc_server_handling_seconds_count{" + labels + "} 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST_F(Services, HealthIsServing) {
  const std::string empty;  // a HealthCheckRequest without a service
  EXPECT_EQ(Exchange(channel, "/grpc.health.v1.Health/Check", empty), "\x08\x01")
      << "a HealthCheckResponse whose status is SERVING";
}

TEST_F(Services, ReflectionListsEveryService) {
  const std::string list_services = {'\x3A', '\0'};  // of a ServerReflectionRequest
  const std::string services = Exchange(
      channel, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", list_services);
  for (const char* name : {"gvsl.v1.JobService", "gvsl.v1.CheckpointService",
                           "gvsl.v1.WorkerService", "grpc.health.v1.Health"}) {
    EXPECT_NE(services.find(name), std::string::npos) << name;
  }
}

TEST_F(Services, FollowedLogsEndWithTheJob) {
  v1::Job job;
  ASSERT_TRUE(Create(Request("heads"), &job).ok());
  v1::ReadLogsRequest request;
  request.set_job("heads");
  request.set_follow(true);
  grpc::ClientContext context;
  const auto stream = jobs->ReadLogs(&context, request);
  ASSERT_TRUE(logs.Append(job.uid(), "w0", 0, "early\n").ok());
  v1::LogLines lines;
  ASSERT_TRUE(stream->Read(&lines));
  EXPECT_EQ(lines.text(), "early\n");
  ASSERT_TRUE(coordinator->CancelJob("heads").ok());
  // Its worker's last lines come with a heartbeat after the job's end.
  ASSERT_TRUE(logs.Append(job.uid(), "w0", 6, "late\nno end").ok());
  std::string rest;
  while (stream->Read(&lines)) rest += lines.text();
  EXPECT_EQ(rest, "late\nno end");
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(Services, CheckpointsAreListedVerifiedStreamedAndTheOnlyGoodOneIsKept) {
  v1::Job job;
  ASSERT_TRUE(Create(Request("heads"), &job).ok());
  const std::string weights(3 << 20, 'w');
  WriteCheckpoint(job, 5, weights);
  WriteCheckpoint(job, 7, "damaged later");
  ASSERT_TRUE(WriteFileDurably(files, "/ckpt/heads/step-000000007/model.safetensors", "!").ok());

  v1::ListCheckpointsRequest list;
  list.set_job("heads");
  v1::ListCheckpointsResponse listed;
  grpc::ClientContext list_context;
  ASSERT_TRUE(checkpoints->ListCheckpoints(&list_context, list, &listed).ok());
  ASSERT_EQ(listed.checkpoints_size(), 2);

  v1::VerifyCheckpointRequest verify;
  verify.set_job("heads");
  verify.set_step(7);
  v1::Checkpoint verified;
  grpc::ClientContext bad;
  EXPECT_EQ(checkpoints->VerifyCheckpoint(&bad, verify, &verified).error_code(),
            grpc::StatusCode::DATA_LOSS);
  verify.set_step(5);
  grpc::ClientContext good;
  ASSERT_TRUE(checkpoints->VerifyCheckpoint(&good, verify, &verified).ok());
  EXPECT_EQ(verified.weights_sha256(), Sha256Hex(weights));

  v1::DeleteCheckpointRequest remove;
  remove.set_job("heads");
  remove.set_step(5);
  v1::DeleteCheckpointResponse removed;
  grpc::ClientContext refused;
  EXPECT_EQ(checkpoints->DeleteCheckpoint(&refused, remove, &removed).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  remove.set_step(7);
  grpc::ClientContext allowed;
  EXPECT_TRUE(checkpoints->DeleteCheckpoint(&allowed, remove, &removed).ok());

  v1::ReadCheckpointFileRequest read;
  read.set_job("heads");
  grpc::ClientContext context;
  const auto stream = checkpoints->ReadCheckpointFile(&context, read);
  std::string bytes;
  v1::FileChunk chunk;
  while (stream->Read(&chunk)) {
    EXPECT_EQ(chunk.has_checkpoint(), bytes.empty());
    bytes += chunk.data();
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(bytes, weights);
  read.set_file("../../data/manifest.json");
  grpc::ClientContext outside;
  const auto nothing = checkpoints->ReadCheckpointFile(&outside, read);
  EXPECT_FALSE(nothing->Read(&chunk));
  EXPECT_EQ(nothing->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(Services, CheckpointsThatOnlyWorkersSeeAreListedAndTheRestSaysWhy) {
  v1::Job job;
  ASSERT_TRUE(Create(Request("heads"), &job).ok());
  EXPECT_FALSE(files.IsDirectory("/ckpt/heads"));
  ASSERT_TRUE(Register("w").ok());
  v1::HeartbeatRequest beat = Idle("w");
  v1::CheckpointReport& report = *beat.add_checkpoints();
  report.set_job_uid(job.uid());
  report.mutable_checkpoint()->set_step(5);
  v1::HeartbeatResponse answer;
  ASSERT_TRUE(Beat(beat, &answer).ok());

  v1::ListCheckpointsRequest list;
  list.set_job("heads");
  v1::ListCheckpointsResponse listed;
  grpc::ClientContext list_context;
  ASSERT_TRUE(checkpoints->ListCheckpoints(&list_context, list, &listed).ok());
  ASSERT_EQ(listed.checkpoints_size(), 1);
  EXPECT_EQ(listed.checkpoints(0).path(), "/ckpt/heads/step-000000005");

  const std::string why = "the coordinator does not see the checkpoint directory /ckpt/heads";
  v1::VerifyCheckpointRequest verify;
  verify.set_job("heads");
  verify.set_step(5);
  v1::Checkpoint verified;
  grpc::ClientContext verify_context;
  grpc::Status status = checkpoints->VerifyCheckpoint(&verify_context, verify, &verified);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_NE(status.error_message().find(why), std::string::npos) << status.error_message();
  v1::DeleteCheckpointRequest remove;
  remove.set_job("heads");
  remove.set_step(5);
  v1::DeleteCheckpointResponse removed;
  grpc::ClientContext remove_context;
  status = checkpoints->DeleteCheckpoint(&remove_context, remove, &removed);
  EXPECT_NE(status.error_message().find(why), std::string::npos) << status.error_message();
  v1::ReadCheckpointFileRequest read;
  read.set_job("heads");
  grpc::ClientContext read_context;
  const auto stream = checkpoints->ReadCheckpointFile(&read_context, read);
  v1::FileChunk chunk;
  EXPECT_FALSE(stream->Read(&chunk));
  EXPECT_NE(stream->Finish().error_message().find(why), std::string::npos);
}

TEST_F(Services, MetricsShowAJobWhileItLivesAndCallsByCode) {
  CoordinatorMetrics numbers(metrics);
  v1::Job job;
  ASSERT_TRUE(Create(Request("heads"), &job).ok());
  EXPECT_FALSE(Create(Request("heads"), &job).ok());
  numbers.Update(coordinator->Snapshot(), clock.WallNow());
  std::string text = metrics.Expose();
  EXPECT_NE(text.find("gvsl_job_step{job=\"heads\""), std::string::npos);
  EXPECT_NE(text.find("gvsl_jobs{state=\"QUEUED\"} 1"), std::string::npos);
  const std::string uid = coordinator->Snapshot().jobs.front().uid();
  const std::string state = "gvsl_job_state{job=\"heads\",job_uid=\"" + uid + "\",state=";
  EXPECT_NE(text.find(state + "\"QUEUED\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find(state + "\"RUNNING\"} 0"), std::string::npos) << text;
  EXPECT_NE(text.find("grpc_code=\"AlreadyExists\",grpc_method=\"CreateJob\""), std::string::npos)
      << text;
  ASSERT_TRUE(coordinator->CancelJob("heads").ok());
  numbers.Update(coordinator->Snapshot(), clock.WallNow());
  text = metrics.Expose();
  EXPECT_EQ(text.find("gvsl_job_step{"), std::string::npos);
  EXPECT_EQ(text.find("gvsl_job_state{"), std::string::npos);
  EXPECT_NE(text.find("gvsl_jobs{state=\"CANCELLED\"} 1"), std::string::npos);
}

TEST_F(Services, StoppingAnswersWhatWaits) {
  v1::Job job;
  ASSERT_TRUE(Create(Request("heads"), &job).ok());
  v1::WatchJobRequest request;
  request.set_job("heads");
  grpc::ClientContext context;
  const auto stream = jobs->WatchJob(&context, request);
  ASSERT_TRUE(stream->Read(&job));
  server->Stop();
  while (stream->Read(&job)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace gvsl::coordinator
