// What a coordinator must not forget, as a seam: SQLite now, others beside it later. Everything
// that a call wrote is durable when the call returns OK.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/status.h"
#include "gvsl/v1/job_service.pb.h"
#include "gvsl/v1/stored_job.pb.h"

namespace gvsl::coordinator {

struct RequestRecord {
  std::string request_id;
  std::string body_sha256;
  std::string job_uid;
};

// One atomic change.
struct StoreChange {
  std::vector<v1::StoredJob> jobs;                           // inserted or replaced, by uid
  std::vector<std::pair<std::string, v1::JobEvent>> events;  // by job uid, in order
  std::optional<RequestRecord> request;
  std::vector<std::string> deleted;  // uids; their events and request ids go with them
  bool empty() const { return jobs.empty() && events.empty() && !request && deleted.empty(); }
};

struct EventPage {
  std::vector<v1::JobEvent> events;
  std::int64_t next = 0;  // `after` of the next page; 0: this was the last
};

// Thread-safe. Errors: UNAVAILABLE or RESOURCE_EXHAUSTED where trying again can help, DATA_LOSS
// where the store is damaged.
class JobStore {
 public:
  virtual ~JobStore() = default;
  virtual Status Apply(const StoreChange& change) = 0;
  // By creation, the oldest first.
  virtual StatusOr<std::vector<v1::StoredJob>> LoadJobs() = 0;
  virtual StatusOr<std::optional<RequestRecord>> FindRequest(const std::string& request_id) = 0;
  // Events after the position `after` (0: from the beginning), the oldest first.
  virtual StatusOr<EventPage> ListEvents(const std::string& job_uid, std::int64_t after,
                                         std::size_t limit) = 0;
};

}  // namespace gvsl::coordinator
