#include "coordinator/job_service.h"

#include <algorithm>

#include "common/grpc_status.h"
#include "common/text.h"
#include "coordinator/job_view.h"
#include "coordinator/log_reader.h"

namespace gvsl::coordinator {
namespace {

// How often a waiting stream looks whether its caller is still there.
constexpr Duration kLookUp = std::chrono::milliseconds(200);
// A watched job that changes with every step is sent no more often than this.
constexpr Duration kWatchInterval = std::chrono::milliseconds(100);

// A log that was followed ends so long after its last line.
constexpr Duration kQuiet = std::chrono::seconds(1);

// How many messages were sent.
StatusOr<std::size_t> SendLines(LogReader& reader, bool unfinished,
                                grpc::ServerWriter<v1::LogLines>& writer) {
  GVSL_ASSIGN_OR_RETURN(const auto lines, reader.Next(unfinished));
  for (const v1::LogLines& one : lines) {
    if (!writer.Write(one)) return CancelledError("the caller went away");
  }
  return lines.size();
}

template <typename Value, typename Response>
grpc::Status Answer(StatusOr<Value> result, Response* response) {
  if (!result.ok()) return ToGrpcStatus(result.status());
  *response = *std::move(result);
  return grpc::Status::OK;
}

}  // namespace

grpc::Status JobServiceImpl::CreateJob(grpc::ServerContext*, const v1::CreateJobRequest* request,
                                       v1::Job* response) {
  return Answer(coordinator_.CreateJob(*request), response);
}

grpc::Status JobServiceImpl::GetJob(grpc::ServerContext*, const v1::GetJobRequest* request,
                                    v1::Job* response) {
  return Answer(coordinator_.GetJob(request->job()), response);
}

grpc::Status JobServiceImpl::ListJobs(grpc::ServerContext*, const v1::ListJobsRequest* request,
                                      v1::ListJobsResponse* response) {
  return Answer(coordinator_.ListJobs(*request), response);
}

grpc::Status JobServiceImpl::WatchJob(grpc::ServerContext* context,
                                      const v1::WatchJobRequest* request,
                                      grpc::ServerWriter<v1::Job>* writer) {
  std::string job = request->job();
  std::uint64_t seen = 0;
  SystemClock clock;
  while (!context->IsCancelled()) {
    const auto change = coordinator_.WaitForJob(job, seen, kLookUp);
    if (!change.ok()) return ToGrpcStatus(change.status());
    if (change->version == seen) continue;
    job = change->job.uid();  // the name may come to mean another
    seen = change->version;
    if (!writer->Write(change->job)) return grpc::Status::CANCELLED;
    if (HasEnded(change->job.state())) return grpc::Status::OK;
    clock.SleepFor(kWatchInterval);
  }
  return grpc::Status::CANCELLED;
}

grpc::Status JobServiceImpl::CancelJob(grpc::ServerContext*, const v1::CancelJobRequest* request,
                                       v1::Job* response) {
  return Answer(coordinator_.CancelJob(request->job()), response);
}

grpc::Status JobServiceImpl::PauseJob(grpc::ServerContext*, const v1::PauseJobRequest* request,
                                      v1::Job* response) {
  return Answer(coordinator_.PauseJob(request->job()), response);
}

grpc::Status JobServiceImpl::ResumeJob(grpc::ServerContext*, const v1::ResumeJobRequest* request,
                                       v1::Job* response) {
  return Answer(coordinator_.ResumeJob(request->job()), response);
}

grpc::Status JobServiceImpl::DeleteJob(grpc::ServerContext*, const v1::DeleteJobRequest* request,
                                       v1::DeleteJobResponse*) {
  return ToGrpcStatus(coordinator_.DeleteJob(*request));
}

grpc::Status JobServiceImpl::ScaleJob(grpc::ServerContext*, const v1::ScaleJobRequest* request,
                                      v1::Job* response) {
  return Answer(coordinator_.ScaleJob(*request), response);
}

grpc::Status JobServiceImpl::ListEvents(grpc::ServerContext*, const v1::ListEventsRequest* request,
                                        v1::ListEventsResponse* response) {
  return Answer(coordinator_.ListEvents(*request), response);
}

grpc::Status JobServiceImpl::ExplainJob(grpc::ServerContext*, const v1::ExplainJobRequest* request,
                                        v1::ExplainJobResponse* response) {
  return Answer(coordinator_.ExplainJob(request->job()), response);
}

grpc::Status JobServiceImpl::ReadLogs(grpc::ServerContext* context,
                                      const v1::ReadLogsRequest* request,
                                      grpc::ServerWriter<v1::LogLines>* writer) {
  const auto job = coordinator_.GetJob(request->job());
  if (!job.ok()) return ToGrpcStatus(job.status());
  const auto workers = logs_.Workers(job->uid());
  const bool known = request->worker().empty() || request->follow() ||
                     std::find(workers.begin(), workers.end(), request->worker()) != workers.end();
  if (!known) {
    return ToGrpcStatus(
        NotFoundError(Concat("job ", job->name(), " has no log of a worker ", request->worker())));
  }
  LogReader reader(logs_, job->uid(), request->worker(), request->since_offset());
  std::uint64_t seen = 0;
  Duration quiet{};  // since the job has ended; its workers' last lines come with heartbeats
  for (bool more = request->follow(); more && !context->IsCancelled();) {
    const auto change = coordinator_.WaitForJob(job->uid(), seen, kLookUp);
    if (change.status().code() == StatusCode::kNotFound) return grpc::Status::OK;  // deleted
    if (!change.ok()) return ToGrpcStatus(change.status());
    const bool waited = seen == change->version;
    seen = change->version;
    const auto sent = SendLines(reader, /*unfinished=*/false, *writer);
    if (!sent.ok()) return ToGrpcStatus(sent.status());
    const bool ended = HasEnded(change->job.state());
    quiet = !ended || *sent > 0 ? Duration{} : quiet + (waited ? kLookUp : Duration{});
    more = quiet < kQuiet;
  }
  return ToGrpcStatus(SendLines(reader, /*unfinished=*/true, *writer).status());
}

}  // namespace gvsl::coordinator
