// Shards of any dataset on a local disk, by their SHA-256, for datasets that lie far away. Shared
// by all workers of a machine that are given the same directory, as one user; bounded; any of them
// may be killed at any moment (docs/adr/2026-11-29-shard-cache.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "common/clock.h"
#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/verified_file.h"

namespace gvsl::data_loader {

// What this process did with a cache.
struct CacheCounts {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t copied_bytes = 0;
  std::uint64_t evictions = 0;  // of any dataset's shards, to make room
  std::uint64_t refetches = 0;  // copies that were damaged
  std::uint64_t bypasses = 0;   // read from the dataset, for the cache was of no use
};

// Thread-safe. Nothing is created before it is needed.
class ShardCache {
 public:
  // `limit_bytes` holds for all processes together; those that share a directory give the same.
  ShardCache(FileSystem& files, Clock& clock, std::string directory, std::uint64_t limit_bytes);

  // The file with this content, mapped, verified by this call, and not evicted while it lives.
  // Fetched from `source` where it is missing or damaged here. Where the cache can not be used (a
  // full or unwritable disk, all of it in use), it is the source itself, with a warning the first
  // time. So every error is the source's, as MapSource has them.
  StatusOr<std::unique_ptr<ReadableFile>> Get(const Content& content, const std::string& source,
                                              const std::stop_token& stop);
  CacheCounts counts() const;

 private:
  // Waits for others that hold it: ABORTED when that takes too long, CANCELLED: told to stop.
  StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path, LockMode mode, Duration wait,
                                           const std::stop_token& stop);
  // NOT_FOUND: it is not here. DATA_LOSS, UNKNOWN: it is damaged.
  StatusOr<std::unique_ptr<ReadableFile>> Open(const Content& content, const std::stop_token& stop);
  // Brings the content here, once at a time on this machine; `suspect`: what is here may be
  // damaged. `trouble` is why this cache is of no use, the returned error is the source's.
  Status Fetch(const Content& content, const std::string& source, bool suspect,
               const std::stop_token& stop, Status& trouble);
  Status Reserve(const Content& content, const std::stop_token& stop);
  Status Copy(const Content& content, const std::string& source, const std::stop_token& stop,
              Status& trouble);
  Status Publish(const Content& content);
  StatusOr<std::unique_ptr<ReadableFile>> Bypass(const Status& why, const Content& content,
                                                 const std::string& source,
                                                 const std::stop_token& stop);

  FileSystem& files_;
  Clock& clock_;
  const std::string directory_;
  const std::uint64_t limit_bytes_;
  std::atomic<bool> warned_ = false;
  std::atomic<std::uint64_t> hits_ = 0, misses_ = 0, copied_bytes_ = 0;
  std::atomic<std::uint64_t> evictions_ = 0, refetches_ = 0, bypasses_ = 0;
};

}  // namespace gvsl::data_loader
