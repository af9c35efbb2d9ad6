// What people ask of jobs.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <random>

#include "common/sha256.h"
#include "common/text.h"
#include "coordinator/coordinator.h"
#include "coordinator/init_check.h"
#include "coordinator/job_admission.h"
#include "coordinator/job_validation.h"
#include "coordinator/job_view.h"
#include "coordinator/page_token.h"

namespace gvsl::coordinator {
namespace {

using google::protobuf::util::TimeUtil;

constexpr std::size_t kMostPageBytes = 2 << 20;  // jobs carry curves; gRPC takes 4 MiB

std::string RandomHex(std::size_t digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device source;
  std::string text;
  while (text.size() < digits) text += kDigits[source() % 16];
  return text;
}

std::string BodyHash(const v1::JobSpec& spec) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  spec.SerializeToCodedStream(&coded);
  coded.Trim();
  return Sha256Hex(bytes);
}

std::int64_t CreateNanoseconds(const v1::Job& job) {
  return TimeUtil::TimestampToNanoseconds(job.create_time());
}

Status NotInThisState(const v1::Job& job, std::string_view verb) {
  return FailedPreconditionError(
      Concat("job ", job.name(), " is ", WrittenName(job.state()), " and can not be ", verb));
}

}  // namespace

StatusOr<std::string> Coordinator::UidOf(const std::string& job) const {
  if (job.empty()) {
    return InvalidArgumentError("job: is required").WithViolation("job", "is required");
  }
  if (jobs_.contains(job)) return job;
  for (const auto& [uid, entry] : jobs_) {
    if (entry.stored.job().name() == job) return uid;
  }
  return NotFoundError(Concat("there is no job ", job));
}

v1::Job Coordinator::View(const std::string& uid) const {
  return ViewJob(jobs_.at(uid).stored, pool_.workers(), clock_.WallNow());
}

// Later than that of every job before, so that it orders them.
google::protobuf::Timestamp Coordinator::NextCreateTime() const {
  google::protobuf::Timestamp time = ToTimestamp(clock_.WallNow());
  if (order_.empty()) return time;
  const std::int64_t last = CreateNanoseconds(jobs_.at(order_.back()).stored.job());
  return std::max(time, TimeUtil::NanosecondsToTimestamp(last + 1));
}

StatusOr<v1::Job> Coordinator::CreateJob(const v1::CreateJobRequest& request) {
  if (request.request_id().size() > 128) {
    return InvalidArgumentError("request_id: is longer than 128 bytes")
        .WithViolation("request_id", "is longer than 128 bytes");
  }
  const bool has_request_id = !request.request_id().empty() && !request.validate_only();
  const std::string body = BodyHash(request.spec());
  const auto answered_before = [&]() -> StatusOr<std::optional<v1::Job>> {
    if (!has_request_id) return std::optional<v1::Job>();
    GVSL_ASSIGN_OR_RETURN(const auto record, store_.FindRequest(request.request_id()));
    if (!record) return std::optional<v1::Job>();
    if (record->body_sha256 != body) {
      return AlreadyExistsError(Concat("request_id ", request.request_id(),
                                       " was used with another body, for job ",
                                       jobs_.at(record->job_uid).stored.job().name()))
          .WithViolation("request_id", "was used with another body");
    }
    return std::optional<v1::Job>(View(record->job_uid));
  };
  {
    const std::lock_guard lock(mutex_);
    GVSL_ASSIGN_OR_RETURN(const auto before, answered_before());
    if (before) return *before;
  }
  // The disk is read without the lock: heartbeats go on.
  v1::StoredJob stored;
  v1::Job& job = *stored.mutable_job();
  *job.mutable_spec() = request.spec();
  GVSL_RETURN_IF_ERROR(CompleteJobSpec(*job.mutable_spec(), RandomHex(6)));
  job.set_uid(RandomHex(32));
  GVSL_RETURN_IF_ERROR(PinDataset(files_, job));
  GVSL_RETURN_IF_ERROR(CheckDirectoryOwner(files_, job));
  GVSL_RETURN_IF_ERROR(CheckInit(files_, *job.mutable_spec()));
  job.set_name(job.spec().name());
  job.set_steps(job.spec().steps());
  job.set_state(v1::JOB_STATE_QUEUED);
  job.set_reason("it has only just been created");

  const std::lock_guard lock(mutex_);
  GVSL_ASSIGN_OR_RETURN(const auto before, answered_before());
  if (before) return *before;
  *job.mutable_create_time() = NextCreateTime();
  std::vector<const v1::StoredJob*> others;
  for (const auto& [uid, entry] : jobs_) {
    if (entry.stored.job().name() == job.name()) {
      return AlreadyExistsError(Concat("name: a job ", job.name(), " exists already"))
          .WithViolation("name", "is taken by a job that is not deleted");
    }
    others.push_back(&entry.stored);
  }
  GVSL_RETURN_IF_ERROR(CheckDirectoryIsFree(job, others));
  if (request.validate_only()) return job;
  PassTime();
  Draft draft;
  if (has_request_id) draft.change.request = {request.request_id(), body, job.uid()};
  AddEvent(draft, stored, "CREATED", Concat("job ", job.name(), " was created"));
  const std::string uid = job.uid();
  draft.jobs[uid] = std::move(stored);
  GVSL_RETURN_IF_ERROR(Finish(draft));
  return View(uid);
}

StatusOr<v1::Job> Coordinator::GetJob(const std::string& job) {
  const std::lock_guard lock(mutex_);
  GVSL_ASSIGN_OR_RETURN(const std::string uid, UidOf(job));
  return View(uid);
}

StatusOr<v1::ListJobsResponse> Coordinator::ListJobs(const v1::ListJobsRequest& request) {
  const std::lock_guard lock(mutex_);
  GVSL_ASSIGN_OR_RETURN(const std::int64_t after, ReadPageToken("jobs", request.page_token()));
  v1::ListJobsResponse response;
  const std::size_t size = PageSize(request.page_size());
  std::int64_t last = 0;
  std::size_t bytes = 0;
  for (const std::string& uid : order_) {
    const std::int64_t created = CreateNanoseconds(jobs_.at(uid).stored.job());
    if (created <= after) continue;
    const bool full = static_cast<std::size_t>(response.jobs_size()) == size;
    if (full || bytes > kMostPageBytes) {
      response.set_next_page_token(MakePageToken("jobs", last));
      break;
    }
    *response.add_jobs() = View(uid);
    bytes += response.jobs().rbegin()->ByteSizeLong();
    last = created;
  }
  return response;
}

StatusOr<v1::Job> Coordinator::Change(const std::string& job,
                                      const std::function<Status(Draft&, v1::StoredJob&)>& edit) {
  const std::lock_guard lock(mutex_);
  GVSL_ASSIGN_OR_RETURN(const std::string uid, UidOf(job));
  PassTime();
  Draft draft;
  GVSL_RETURN_IF_ERROR(edit(draft, Edit(draft, uid)));
  GVSL_RETURN_IF_ERROR(Finish(draft));
  return View(uid);
}

StatusOr<v1::Job> Coordinator::CancelJob(const std::string& job) {
  return Change(job, [&](Draft& draft, v1::StoredJob& stored) -> Status {
    const v1::JobState state = stored.job().state();
    if (state == v1::JOB_STATE_CANCELLED) return OkStatus();
    if (HasEnded(state)) return NotInThisState(stored.job(), "cancelled");
    EndGang(draft, stored, v1::JOB_STATE_CANCELLED, "somebody cancelled it");
    return OkStatus();
  });
}

StatusOr<v1::Job> Coordinator::PauseJob(const std::string& job) {
  return Change(job, [&](Draft& draft, v1::StoredJob& stored) -> Status {
    const v1::JobState state = stored.job().state();
    if (state == v1::JOB_STATE_PAUSED || stored.wish() == v1::StoredJob::WISH_PAUSE) {
      return OkStatus();
    }
    if (HasEnded(state)) return NotInThisState(stored.job(), "paused");
    if (!stored.has_gang()) {
      EndGang(draft, stored, v1::JOB_STATE_PAUSED, "somebody paused it while it waited");
      return OkStatus();
    }
    stored.set_wish(v1::StoredJob::WISH_PAUSE);
    stored.mutable_job()->set_reason("it is being paused");
    AddEvent(draft, stored, "PAUSE_REQUESTED", "somebody asked for a pause");
    return OkStatus();
  });
}

StatusOr<v1::Job> Coordinator::ResumeJob(const std::string& job) {
  GVSL_ASSIGN_OR_RETURN(const v1::Job before, GetJob(job));
  const Status owner = CheckDirectoryOwner(files_, before);
  const auto on_disk = ReadCheckpoints(files_, before);
  return Change(before.uid(), [&](Draft& draft, v1::StoredJob& stored) -> Status {
    v1::Job& shown = *stored.mutable_job();
    if (stored.wish() == v1::StoredJob::WISH_PAUSE) {
      stored.clear_wish();
      AddEvent(draft, stored, "RESUMED", "the pause was taken back");
      return OkStatus();
    }
    const bool resumable = shown.state() == v1::JOB_STATE_PAUSED ||
                           shown.state() == v1::JOB_STATE_FAILED ||
                           shown.state() == v1::JOB_STATE_CANCELLED;
    if (!resumable) return NotInThisState(shown, "resumed");
    if (being_deleted_.contains(shown.uid())) {
      return FailedPreconditionError(Concat("job ", shown.name(), " is being deleted"));
    }
    GVSL_RETURN_IF_ERROR(owner);
    // A folder with nothing in it, where checkpoints were, is the place of a mount that is missing.
    const bool missing = on_disk.ok() && on_disk->empty() && shown.checkpoints_size() > 0;
    stored.clear_damaged_checkpoints();  // somebody may have brought them back
    if (on_disk.ok() && !missing) TakeFromDisk(draft, stored, *on_disk, /*forget=*/true);
    shown.set_state(v1::JOB_STATE_QUEUED);
    shown.set_reason("it was resumed");
    shown.set_step(NewestCheckpoint(shown));
    CutBack(shown);
    shown.clear_end_time();
    stored.set_fruitless_generations(0);
    stored.clear_unable();
    AddEvent(draft, stored, "RESUMED", Concat("it goes on from step ", shown.step()));
    return OkStatus();
  });
}

StatusOr<v1::Job> Coordinator::ScaleJob(const v1::ScaleJobRequest& request) {
  return Change(request.job(), [&](Draft& draft, v1::StoredJob& stored) -> Status {
    if (HasEnded(stored.job().state())) return NotInThisState(stored.job(), "scaled");
    if (const std::string& gang = stored.gang().static_gang(); !gang.empty()) {
      return FailedPreconditionError(
          Concat("job ", stored.job().name(), " trains on the static gang ", gang, " of ",
                 Plural(stored.gang().seats_size(), "rank"),
                 ", whose size is that of its launch; pause or cancel it, and start another gang"));
    }
    v1::JobSpec& spec = *stored.mutable_job()->mutable_spec();
    GVSL_RETURN_IF_ERROR(
        CheckWorkerRange(request.min_workers(), request.max_workers(), spec.slots()));
    if (spec.collective() == v1::COLLECTIVE_LOCAL && request.max_workers() > 1) {
      return InvalidArgumentError("workers.max: collective local has one worker")
          .WithViolation("workers.max", "collective local has one worker");
    }
    spec.mutable_workers()->set_min(request.min_workers());
    spec.mutable_workers()->set_max(request.max_workers());
    AddEvent(draft, stored, "SCALED",
             Concat("between ", request.min_workers(), " and ", request.max_workers(), " workers"));
    return OkStatus();
  });
}

Status Coordinator::DeleteJob(const v1::DeleteJobRequest& request) {
  std::unique_lock lock(mutex_);
  GVSL_ASSIGN_OR_RETURN(const std::string uid, UidOf(request.job()));
  const v1::Job job = jobs_.at(uid).stored.job();
  if (!HasEnded(job.state()) && job.state() != v1::JOB_STATE_PAUSED) {
    return NotInThisState(job, "deleted");
  }
  if (!being_deleted_.insert(uid).second) {
    return FailedPreconditionError(Concat("job ", job.name(), " is being deleted already"));
  }
  Status status;
  if (request.delete_checkpoints()) {
    lock.unlock();  // heartbeats go on
    status = RemoveCheckpoints(files_, job);
    lock.lock();
  }
  being_deleted_.erase(uid);
  GVSL_RETURN_IF_ERROR(status);
  Draft draft;
  draft.change.deleted.push_back(uid);
  GVSL_RETURN_IF_ERROR(Finish(draft));
  logs_.Remove(uid);
  return OkStatus();
}

StatusOr<v1::ListEventsResponse> Coordinator::ListEvents(const v1::ListEventsRequest& request) {
  std::string uid;
  {
    const std::lock_guard lock(mutex_);
    GVSL_ASSIGN_OR_RETURN(uid, UidOf(request.job()));
  }
  const std::string scope = "events " + uid;
  GVSL_ASSIGN_OR_RETURN(const std::int64_t after, ReadPageToken(scope, request.page_token()));
  GVSL_ASSIGN_OR_RETURN(EventPage page,
                        store_.ListEvents(uid, after, PageSize(request.page_size())));
  v1::ListEventsResponse response;
  for (v1::JobEvent& event : page.events) *response.add_events() = std::move(event);
  if (page.next > 0) response.set_next_page_token(MakePageToken(scope, page.next));
  return response;
}

StatusOr<v1::ExplainJobResponse> Coordinator::ExplainJob(const std::string& job) {
  const std::lock_guard lock(mutex_);
  GVSL_ASSIGN_OR_RETURN(const std::string uid, UidOf(job));
  v1::ExplainJobResponse response;
  const v1::StoredJob& stored = jobs_.at(uid).stored;
  for (std::string& sentence : Explain(View(uid), stored)) {
    response.add_sentences(std::move(sentence));
  }
  const Demand demand = DemandOf(stored, Demand::Kind::kRunning, stored.gang().seats_size());
  if (HasEnded(stored.job().state())) return response;
  const std::vector<Offer> offers = Offers(Draft{});
  for (const Offer& offer : offers) {
    if (const std::string why = WhyUnsuitable(demand, offer); !why.empty()) {
      response.add_sentences(Concat("Worker ", offer.name, " is not taken: it ", why, "."));
    }
  }
  if (demand.from == Demand::From::kPool || stored.has_gang()) return response;
  for (const GangOffer& gang : GangOffers(Draft{}, offers)) {
    if (const std::string why = WhyUnsuitable(demand, gang, offers); !why.empty()) {
      response.add_sentences(Concat("Static gang ", gang.id, " is not taken: it ", why, "."));
    }
  }
  return response;
}

StatusOr<JobChange> Coordinator::WaitForJob(const std::string& job, std::uint64_t seen,
                                            Duration at_most) {
  std::unique_lock lock(mutex_);
  GVSL_ASSIGN_OR_RETURN(const std::string uid, UidOf(job));
  job_changed_.wait_for(lock, at_most, [&] {
    const auto entry = jobs_.find(uid);
    return stopping_ || entry == jobs_.end() || entry->second.version != seen;
  });
  if (stopping_) return UnavailableError("the coordinator is stopping");
  const auto entry = jobs_.find(uid);
  if (entry == jobs_.end()) return NotFoundError(Concat("job ", job, " was deleted"));
  return JobChange{View(uid), entry->second.version};
}

StatusOr<std::set<std::uint64_t>> Coordinator::DamagedCheckpoints(const std::string& job) {
  const std::lock_guard lock(mutex_);
  GVSL_ASSIGN_OR_RETURN(const std::string uid, UidOf(job));
  return DamagedSteps(jobs_.at(uid).stored);
}

Status Coordinator::RefreshJobCheckpoints(const std::string& job) {
  GVSL_ASSIGN_OR_RETURN(const v1::Job before, GetJob(job));
  GVSL_ASSIGN_OR_RETURN(const auto on_disk, ReadCheckpoints(files_, before));
  return Change(before.uid(),
                [&](Draft& draft, v1::StoredJob& stored) {
                  TakeFromDisk(draft, stored, on_disk, /*forget=*/true);
                  return OkStatus();
                })
      .status();
}

}  // namespace gvsl::coordinator
