#include "cli/compare/comparison_run.h"

#include <utility>

#include "cli/commands/follow.h"
#include "cli/core/exit_code.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

constexpr std::chrono::seconds kInterval(1);

class Runner {
 public:
  Runner(Context& context, const std::vector<PlannedJob>& planned, bool resume,
         const std::function<void(const v1::Job&)>& on_news)
      : context_(context),
        planned_(planned),
        resume_(resume),
        on_news_(on_news),
        jobs_(planned.size()) {}

  StatusOr<ComparedJobs> Run() {
    GVSL_RETURN_IF_ERROR(ValidateAll());
    while (true) {
      GVSL_ASSIGN_OR_RETURN(const bool over, LookAtAll());
      if (over) return std::move(jobs_);
      if (context_.interrupt().WaitFor(kInterval)) return Interrupted();
    }
  }

 private:
  // Before hours of pre-training, what a task would be refused for.
  Status ValidateAll() {
    for (const PlannedJob& job : planned_) {
      GVSL_RETURN_IF_ERROR(Validate(job.spec).WithContext(job.spec.name()));
      if (context_.interrupt().requested()) return Interrupted();
    }
    return OkStatus();
  }

  // What was submitted before is there; what it begins with is not, yet.
  Status Validate(const v1::JobSpec& spec) {
    v1::GetJobRequest get;
    get.set_job(spec.name());
    if (Call(&v1::JobService::StubInterface::GetJob, get).ok()) return OkStatus();
    v1::CreateJobRequest request;
    *request.mutable_spec() = spec;
    request.mutable_spec()->clear_init();
    request.set_validate_only(true);
    return Call(&v1::JobService::StubInterface::CreateJob, request).status();
  }

  template <typename Method, typename Request>
  StatusOr<v1::Job> Call(Method method, const Request& request) {
    return context_.Call(*context_.stubs().jobs, method, request);
  }

  Status Interrupted() {
    if (answered_)
      context_.err() << "gvslctl: the jobs go on; the same command finds them again" << std::endl;
    return CancelledError("interrupted");
  }

  StatusOr<bool> LookAtAll() {
    bool over = true;
    for (std::size_t i = 0; i < planned_.size(); ++i) {
      if (jobs_[i] && HasEnded(jobs_[i]->state())) continue;
      const Status looked = LookAt(i);
      if (context_.interrupt().requested()) return Interrupted();
      if (!looked.ok()) return WaitForCoordinator(looked);
      over = over && (IsGivenUp(i) || (jobs_[i] && HasEnded(jobs_[i]->state())));
    }
    return over;
  }

  // What it begins with has ended otherwise than well.
  bool IsGivenUp(std::size_t i) const {
    const auto& after = planned_[i].after;
    return after && jobs_[*after] && HasEnded(jobs_[*after]->state()) &&
           jobs_[*after]->state() != v1::JOB_STATE_SUCCEEDED;
  }

  Status LookAt(std::size_t i) {
    if (jobs_[i]) return Refresh(i);
    const auto& after = planned_[i].after;
    if (after && !(jobs_[*after] && jobs_[*after]->state() == v1::JOB_STATE_SUCCEEDED)) {
      return OkStatus();
    }
    return Submit(i);
  }

  Status Submit(std::size_t i) {
    v1::CreateJobRequest request;
    *request.mutable_spec() = planned_[i].spec;
    request.set_request_id(planned_[i].request_id);
    auto job = Call(&v1::JobService::StubInterface::CreateJob, request);
    if (!job.ok()) return job.status().WithContext(planned_[i].spec.name());
    const bool stands_still = (HasEnded(job->state()) && job->state() != v1::JOB_STATE_SUCCEEDED) ||
                              job->state() == v1::JOB_STATE_PAUSED;
    if (stands_still && resume_) {
      v1::ResumeJobRequest resume;
      resume.set_job(job->uid());
      job = Call(&v1::JobService::StubInterface::ResumeJob, resume);
      if (!job.ok()) return job.status().WithContext(planned_[i].spec.name());
    }
    Take(i, *std::move(job));
    return OkStatus();
  }

  Status Refresh(std::size_t i) {
    v1::GetJobRequest request;
    request.set_job(jobs_[i]->uid());
    auto job = Call(&v1::JobService::StubInterface::GetJob, request);
    if (!job.ok()) return job.status().WithContext(planned_[i].spec.name());
    Take(i, *std::move(job));
    return OkStatus();
  }

  void Take(std::size_t i, v1::Job job) {
    answered_ = true;
    away_since_.reset();
    const bool news = !jobs_[i] || jobs_[i]->state() != job.state();
    jobs_[i] = std::move(job);
    if (news) on_news_(*jobs_[i]);
  }

  // False, so that all are looked at again, while it is worth it.
  StatusOr<bool> WaitForCoordinator(const Status& status) {
    if (!answered_ || !IsAway(status)) return status;
    const TimePoint now = context_.environment().clock.Now();
    if (!away_since_) {
      away_since_ = now;
      context_.err() << "gvslctl: the coordinator does not answer (" << status.message()
                     << "); trying again" << std::endl;
    }
    if (now - *away_since_ >= context_.Timeout(kAwayTimeout)) return status;
    context_.PauseBeforeReconnecting();
    return false;
  }

  Context& context_;
  const std::vector<PlannedJob>& planned_;
  bool resume_;
  const std::function<void(const v1::Job&)>& on_news_;
  ComparedJobs jobs_;
  bool answered_ = false;
  std::optional<TimePoint> away_since_;
};

}  // namespace

StatusOr<ComparedJobs> RunComparison(Context& context, const std::vector<PlannedJob>& planned,
                                     bool resume,
                                     const std::function<void(const v1::Job&)>& on_news) {
  return Runner(context, planned, resume, on_news).Run();
}

}  // namespace gvsl::cli
