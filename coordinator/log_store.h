// The logs of the jobs' workers as the coordinator has them: STATE/logs/JOB_UID/WORKER.log. Offsets
// are bytes of the worker's own log of the job. Kept for looking at; not durable.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"

namespace gvsl::coordinator {

// Thread-safe.
class LogStore {
 public:
  // Of each log the first `limit_bytes` are kept; what comes later is acknowledged and forgotten.
  LogStore(FileSystem& files, std::string directory, std::uint64_t limit_bytes)
      : files_(files), directory_(std::move(directory)), limit_bytes_(limit_bytes) {}

  // Appends what is new of a chunk and returns the offset of the first byte that is missing. A
  // chunk beyond the end (bytes between are missing) is not taken.
  StatusOr<std::uint64_t> Append(const std::string& job_uid, const std::string& worker,
                                 std::uint64_t offset, std::string_view text);
  // At most `limit` bytes from `offset`; empty at the end.
  StatusOr<std::string> Read(const std::string& job_uid, const std::string& worker,
                             std::uint64_t offset, std::size_t limit);
  // Workers that have a log of the job, by name.
  std::vector<std::string> Workers(const std::string& job_uid);
  void Remove(const std::string& job_uid);

 private:
  std::string PathOf(const std::string& job_uid, const std::string& worker) const;

  FileSystem& files_;
  const std::string directory_;
  const std::uint64_t limit_bytes_;
  std::mutex mutex_;
};

}  // namespace gvsl::coordinator
