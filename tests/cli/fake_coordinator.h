// A coordinator in the test's own process: every method is a function that a test sets.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <functional>
#include <memory>
#include <string>

#include "common/grpc_status.h"
#include "gvsl/v1/checkpoint_service.grpc.pb.h"
#include "gvsl/v1/job_service.grpc.pb.h"
#include "gvsl/v1/worker_service.grpc.pb.h"

namespace gvsl::cli {

// What a method does: fills the answer or returns an error.
template <typename Request, typename Response>
using Method = std::function<Status(const Request&, Response&)>;
// The same for a stream; `write` is false when the caller has gone.
template <typename Request, typename Response>
using Stream =
    std::function<Status(const Request&, const std::function<bool(const Response&)>& write,
                         const std::function<bool()>& cancelled)>;

#define FAKE_METHOD(name, Request, Response, hook)                                                 \
  Method<v1::Request, v1::Response> hook;                                                          \
  grpc::Status name(grpc::ServerContext*, const v1::Request* request, v1::Response* response)      \
      override {                                                                                   \
    return hook ? ToGrpcStatus(hook(*request, *response)) : grpc::Status(grpc::UNIMPLEMENTED, ""); \
  }
#define FAKE_STREAM(name, Request, Response, hook)                                            \
  Stream<v1::Request, v1::Response> hook;                                                     \
  grpc::Status name(grpc::ServerContext* context, const v1::Request* request,                 \
                    grpc::ServerWriter<v1::Response>* writer) override {                      \
    if (!hook) return {grpc::UNIMPLEMENTED, ""};                                              \
    return ToGrpcStatus(hook(                                                                 \
        *request, [writer](const v1::Response& response) { return writer->Write(response); }, \
        [context] { return context->IsCancelled(); }));                                       \
  }

class FakeJobs final : public v1::JobService::Service {
 public:
  FAKE_METHOD(CreateJob, CreateJobRequest, Job, create)
  FAKE_METHOD(GetJob, GetJobRequest, Job, get)
  FAKE_METHOD(ListJobs, ListJobsRequest, ListJobsResponse, list)
  FAKE_METHOD(CancelJob, CancelJobRequest, Job, cancel)
  FAKE_METHOD(PauseJob, PauseJobRequest, Job, pause)
  FAKE_METHOD(ResumeJob, ResumeJobRequest, Job, resume)
  FAKE_METHOD(DeleteJob, DeleteJobRequest, DeleteJobResponse, remove)
  FAKE_METHOD(ScaleJob, ScaleJobRequest, Job, scale)
  FAKE_METHOD(ListEvents, ListEventsRequest, ListEventsResponse, events)
  FAKE_METHOD(ExplainJob, ExplainJobRequest, ExplainJobResponse, explain)
  FAKE_STREAM(WatchJob, WatchJobRequest, Job, watch)
  FAKE_STREAM(ReadLogs, ReadLogsRequest, LogLines, logs)
};

class FakeCheckpoints final : public v1::CheckpointService::Service {
 public:
  FAKE_METHOD(ListCheckpoints, ListCheckpointsRequest, ListCheckpointsResponse, list)
  FAKE_METHOD(VerifyCheckpoint, VerifyCheckpointRequest, Checkpoint, verify)
  FAKE_METHOD(DeleteCheckpoint, DeleteCheckpointRequest, DeleteCheckpointResponse, remove)
  FAKE_STREAM(ReadCheckpointFile, ReadCheckpointFileRequest, FileChunk, read)
};

class FakeWorkers final : public v1::WorkerService::Service {
 public:
  FAKE_METHOD(ListWorkers, ListWorkersRequest, ListWorkersResponse, list)
};

#undef FAKE_METHOD
#undef FAKE_STREAM

struct FakeCoordinator {
  FakeJobs jobs;
  FakeCheckpoints checkpoints;
  FakeWorkers workers;

  // On loopback; port 0 picks one.
  void Start(int port = 0) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&jobs);
    builder.RegisterService(&checkpoints);
    builder.RegisterService(&workers);
    server_ = builder.BuildAndStart();
  }
  // Ends every call.
  void Stop() {
    if (server_) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }
  ~FakeCoordinator() { Stop(); }

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace gvsl::cli
