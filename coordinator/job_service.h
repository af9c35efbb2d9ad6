// gRPC's door to the jobs: translates, and streams. Every decision is the coordinator's.
#pragma once

#include "coordinator/coordinator.h"
#include "gvsl/v1/job_service.grpc.pb.h"

namespace gvsl::coordinator {

class JobServiceImpl final : public v1::JobService::Service {
 public:
  JobServiceImpl(Coordinator& coordinator, LogStore& logs)
      : coordinator_(coordinator), logs_(logs) {}

  grpc::Status CreateJob(grpc::ServerContext*, const v1::CreateJobRequest*, v1::Job*) override;
  grpc::Status GetJob(grpc::ServerContext*, const v1::GetJobRequest*, v1::Job*) override;
  grpc::Status ListJobs(grpc::ServerContext*, const v1::ListJobsRequest*,
                        v1::ListJobsResponse*) override;
  grpc::Status WatchJob(grpc::ServerContext*, const v1::WatchJobRequest*,
                        grpc::ServerWriter<v1::Job>*) override;
  grpc::Status CancelJob(grpc::ServerContext*, const v1::CancelJobRequest*, v1::Job*) override;
  grpc::Status PauseJob(grpc::ServerContext*, const v1::PauseJobRequest*, v1::Job*) override;
  grpc::Status ResumeJob(grpc::ServerContext*, const v1::ResumeJobRequest*, v1::Job*) override;
  grpc::Status DeleteJob(grpc::ServerContext*, const v1::DeleteJobRequest*,
                         v1::DeleteJobResponse*) override;
  grpc::Status ScaleJob(grpc::ServerContext*, const v1::ScaleJobRequest*, v1::Job*) override;
  grpc::Status ListEvents(grpc::ServerContext*, const v1::ListEventsRequest*,
                          v1::ListEventsResponse*) override;
  grpc::Status ExplainJob(grpc::ServerContext*, const v1::ExplainJobRequest*,
                          v1::ExplainJobResponse*) override;
  grpc::Status ReadLogs(grpc::ServerContext*, const v1::ReadLogsRequest*,
                        grpc::ServerWriter<v1::LogLines>*) override;

 private:
  Coordinator& coordinator_;
  LogStore& logs_;
};

}  // namespace gvsl::coordinator
