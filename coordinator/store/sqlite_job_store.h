// The job store in one SQLite file, STATE/coordinator.sqlite. The one place that knows SQLite.
//
//   jobs(uid PRIMARY KEY, position UNIQUE, body)      body: StoredJob, serialised
//   events(position INTEGER PRIMARY KEY, uid, body)   body: JobEvent, serialised
//   requests(request_id PRIMARY KEY, body_sha256, uid)
//
// WAL with synchronous=FULL: a transaction that was committed survives power loss. user_version is
// the version of the schema.
#pragma once

#include <memory>
#include <string>

#include "coordinator/store/job_store.h"

namespace gvsl::coordinator {

// Opens or creates. DATA_LOSS: the file is damaged or no database. FAILED_PRECONDITION: a newer
// program wrote it.
StatusOr<std::unique_ptr<JobStore>> OpenSqliteJobStore(const std::string& path);

}  // namespace gvsl::coordinator
