// Reads the logs of a job onwards, in whole lines.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/log_store.h"
#include "gvsl/v1/job_service.pb.h"

namespace gvsl::coordinator {

// Not thread-safe.
class LogReader {
 public:
  // `worker` empty: all workers, by name.
  LogReader(LogStore& logs, std::string job_uid, std::string worker, std::uint64_t since_offset)
      : logs_(logs),
        job_uid_(std::move(job_uid)),
        worker_(std::move(worker)),
        since_offset_(since_offset) {}

  // What came since the last call. `unfinished`: also a line that has no end yet.
  StatusOr<std::vector<v1::LogLines>> Next(bool unfinished);

 private:
  LogStore& logs_;
  const std::string job_uid_;
  const std::string worker_;
  const std::uint64_t since_offset_;
  std::map<std::string, std::uint64_t> offsets_;
};

}  // namespace gvsl::coordinator
