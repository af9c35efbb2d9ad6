#include "tests/agent/fake_coordinator.h"

#include <algorithm>

#include "common/text.h"

namespace gvsl::agent {

void FakeCoordinator::Start() {
  With([](Book& book) { book.away = false; });
}

void FakeCoordinator::Stop() {
  With([](Book& book) {
    book.away = true;
    book.knows_worker = false;
  });
}

void FakeCoordinator::Assign(const std::string& script, std::uint64_t generation,
                             const std::string& peer_address) {
  With([&](Book& book) {
    book.directive.Clear();
    v1::Assignment& assignment = *book.directive.mutable_assignment();
    assignment.set_job_uid("uid-" + script);
    assignment.set_job_name(script);
    assignment.set_generation(generation);
    assignment.mutable_spec()->set_batch_per_slot(2);
    v1::Member& member = *assignment.add_members();
    member.set_peer_address(peer_address);
    for (const std::uint32_t slot : {0U, 1U, 2U}) member.add_slots(slot);
    ++book.directive_version;
  });
}

void FakeCoordinator::Order(v1::StopOrder::Mode mode) {
  With([&](Book& book) {
    book.directive.mutable_stop()->set_generation(book.directive.assignment().generation());
    book.directive.mutable_stop()->set_mode(mode);
    ++book.directive_version;
  });
}

void FakeCoordinator::TakeJobAway() {
  With([](Book& book) {
    book.directive.Clear();
    ++book.directive_version;
  });
}

void FakeCoordinator::With(const std::function<void(Book&)>& action) {
  const std::lock_guard lock(mutex_);
  action(book_);
  changed_.notify_all();
}

bool FakeCoordinator::WaitFor(const std::function<bool(const Book&)>& condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return condition(book_); });
}

StatusOr<v1::RegisterWorkerResponse> FakeCoordinator::Register(
    const v1::RegisterWorkerRequest& request) {
  const std::lock_guard lock(mutex_);
  if (book_.away) return UnavailableError("away");
  if (!book_.register_status.ok()) return book_.register_status;
  book_.registrations.push_back(request);
  book_.knows_worker = true;
  v1::RegisterWorkerResponse response;
  response.set_heartbeat_interval_seconds(book_.interval_seconds);
  response.set_lease_seconds(1.5);
  changed_.notify_all();
  return response;
}

StatusOr<v1::HeartbeatResponse> FakeCoordinator::Heartbeat(
    const v1::HeartbeatRequest& request, const std::function<bool()>& interrupted) {
  std::unique_lock lock(mutex_);
  if (book_.away) return UnavailableError("away");
  if (!book_.knows_worker) return NotFoundError("register again");
  if (interrupted()) return CancelledError("interrupted");
  v1::HeartbeatResponse response;
  Note(request, response);
  changed_.notify_all();
  changed_.wait_for(lock, std::chrono::duration<double>(request.wait_seconds()), [&] {
    return book_.away || !book_.knows_worker || interrupted() ||
           book_.directive_version != request.directive_version();
  });
  if (book_.away) return UnavailableError("away");
  if (interrupted()) return CancelledError("interrupted");
  response.set_directive_version(book_.directive_version);
  *response.mutable_directive() = book_.directive;
  return response;
}

void FakeCoordinator::Note(const v1::HeartbeatRequest& request, v1::HeartbeatResponse& response) {
  book_.leaving = request.leaving();
  if (book_.report().SerializeAsString() != request.trainer().SerializeAsString()) {
    book_.reports.push_back(request.trainer());
  }
  for (const v1::CheckpointReport& checkpoint : request.checkpoints()) {
    const bool known = std::any_of(
        book_.checkpoints.begin(), book_.checkpoints.end(), [&](const v1::CheckpointReport& other) {
          return other.checkpoint().step() == checkpoint.checkpoint().step();
        });
    if (!known) book_.checkpoints.push_back(checkpoint);
  }
  for (const v1::LogChunk& chunk : request.logs()) {
    std::string& text = book_.logs[chunk.job_uid()];
    if (chunk.offset() <= text.size() && chunk.offset() + chunk.text().size() > text.size()) {
      text += chunk.text().substr(text.size() - chunk.offset());
    }
    v1::LogAck& ack = *response.add_log_acks();
    ack.set_job_uid(chunk.job_uid());
    ack.set_next_offset(text.size());
  }
}

}  // namespace gvsl::agent
