#include "cli/commands/follow.h"

#include "cli/core/idle_limit.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

class Follower {
 public:
  Follower(Context& context, const std::string& job, JobView& view)
      : context_(context), job_(job), view_(view) {}

  StatusOr<v1::Job> Run() {
    while (true) {
      const Status status = WatchOnce();
      if (context_.interrupt().requested()) return Interrupted();
      if (!view_status_.ok()) return view_status_;
      if (HasEnded(last_.state())) return last_;
      if (!seen_ || !IsAway(status)) return status;
      if (!away_) GoAway(status);
      if (context_.environment().clock.Now() - away_since_ >= context_.Timeout(kAwayTimeout)) {
        return status;
      }
      context_.PauseBeforeReconnecting();
    }
  }

 private:
  // One stream, to its end.
  Status WatchOnce() {
    v1::WatchJobRequest request;
    request.set_job(job_);
    grpc::ClientContext call;
    const Interrupt::Guard guard(context_.interrupt(), [&call] { call.TryCancel(); });
    IdleLimit first_answer(call, context_.Timeout());
    const auto reader = context_.stubs().jobs->WatchJob(&call, request);
    v1::Job job;
    while (view_status_.ok() && reader->Read(&job)) {
      first_answer.Stop();
      if (away_) ComeBack();
      seen_ = true;
      last_ = job;
      view_status_ = view_.Show(job);
    }
    if (!view_status_.ok()) call.TryCancel();
    const grpc::Status end = reader->Finish();
    if (first_answer.expired()) {
      return context_.ToStatus({grpc::StatusCode::DEADLINE_EXCEEDED, ""});
    }
    if (end.ok()) return UnavailableError("the coordinator ended the watch");
    return context_.ToStatus(end);
  }

  void GoAway(const Status& status) {
    away_ = true;
    away_since_ = context_.environment().clock.Now();
    view_.Break();
    context_.err() << "gvslctl: " << status.message() << "; connecting again ..." << std::endl;
  }

  void ComeBack() {
    away_ = false;
    view_.Break();
    context_.err() << "gvslctl: connected again to " << context_.coordinator() << std::endl;
  }

  Status Interrupted() {
    view_.Break();
    const std::string name = seen_ ? last_.name() : job_;
    if (!HasEnded(last_.state())) {
      context_.err() << "gvslctl: job " << name << " goes on; `gvslctl watch " << name
                     << "` shows it again, `gvslctl cancel " << name << "` ends it" << std::endl;
    }
    return CancelledError("interrupted");
  }

  Context& context_;
  const std::string& job_;
  JobView& view_;
  Status view_status_;
  bool seen_ = false;
  v1::Job last_;
  bool away_ = false;
  TimePoint away_since_;
};

}  // namespace

StatusOr<v1::Job> FollowJob(Context& context, const std::string& job, JobView& view) {
  return Follower(context, job, view).Run();
}

bool IsAway(const Status& status) {
  switch (status.code()) {
    case StatusCode::kUnavailable:
    case StatusCode::kDeadlineExceeded:
    case StatusCode::kCancelled:
    case StatusCode::kUnknown:
      return true;
    default:
      return false;
  }
}

}  // namespace gvsl::cli
