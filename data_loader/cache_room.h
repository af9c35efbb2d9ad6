// What lies in the directory of a shard cache (shard_cache.h), and how room is made in it:
//   lock                    held while room is made and reserved
//   SHA256                  a whole shard; locked (shared) by each process that has it mapped
//   SHA256.fetch            locked by whoever fetches that shard
//   SHA256.BYTES.tmp        a copy that is being written; BYTES are reserved for it
#pragma once

#include <cstdint>
#include <string>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/verified_file.h"

namespace gvsl::data_loader {

std::string CacheLockPath(const std::string& directory);
std::string CachedPath(const std::string& directory, const Content& content);
std::string FetchLockPath(const std::string& directory, const Content& content);
std::string AsidePath(const std::string& directory, const Content& content);

// Removes what killed processes left, then the shards that were used longest ago and are not in use
// now, until `bytes` more fit into `limit`; adds those to `evictions`. The caller holds the lock.
// RESOURCE_EXHAUSTED: too much of it is in use.
Status MakeRoom(FileSystem& files, const std::string& directory, std::uint64_t limit,
                std::uint64_t bytes, std::uint64_t& evictions);

}  // namespace gvsl::data_loader
