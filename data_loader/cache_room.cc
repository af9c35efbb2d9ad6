#include "data_loader/cache_room.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

constexpr std::size_t kHashDigits = 64;
constexpr std::string_view kFetch = ".fetch";
constexpr std::string_view kAside = ".tmp";

struct Entry {
  std::string path;
  std::uint64_t bytes = 0;
  std::int64_t used_at = 0;
};

bool BeginsWithHash(std::string_view name) {
  return name.size() >= kHashDigits &&
         name.substr(0, kHashDigits).find_first_not_of("0123456789abcdef") ==
             std::string_view::npos;
}

// What a copy that is being written has reserved.
std::optional<std::uint64_t> ReservedBytes(std::string_view name) {
  if (!BeginsWithHash(name) || !name.ends_with(kAside)) return std::nullopt;
  const char* const end = name.data() + name.size() - kAside.size();
  if (end - name.data() <= static_cast<std::ptrdiff_t>(kHashDigits)) return std::nullopt;
  std::uint64_t bytes = 0;
  const auto [stop, error] = std::from_chars(name.data() + kHashDigits + 1, end, bytes);
  if (error != std::errc() || stop != end) return std::nullopt;
  return bytes;
}

// Nobody who lives fetches what these name.
void RemoveLeftLocks(FileSystem& files, const std::string& directory,
                     const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!BeginsWithHash(name) || !name.ends_with(kFetch)) continue;
    const std::string path = JoinPath(directory, name);
    const auto alone = files.TryLock(path, LockMode::kEvict);
    if (alone.ok()) (void)files.RemoveFile(path);
  }
}

}  // namespace

std::string CacheLockPath(const std::string& directory) { return JoinPath(directory, "lock"); }

std::string CachedPath(const std::string& directory, const Content& content) {
  return JoinPath(directory, content.sha256);
}

std::string FetchLockPath(const std::string& directory, const Content& content) {
  return CachedPath(directory, content).append(kFetch);
}

std::string AsidePath(const std::string& directory, const Content& content) {
  return Concat(CachedPath(directory, content), ".", content.bytes, kAside);
}

Status MakeRoom(FileSystem& files, const std::string& directory, std::uint64_t limit,
                std::uint64_t bytes, std::uint64_t& evictions) {
  GVSL_ASSIGN_OR_RETURN(const auto names, files.List(directory));
  RemoveLeftLocks(files, directory, names);
  std::vector<Entry> entries;
  std::uint64_t used = 0;
  for (const std::string& name : names) {
    const std::string path = JoinPath(directory, name);
    if (const auto reserved = ReservedBytes(name)) {
      const std::string fetch = JoinPath(directory, name.substr(0, kHashDigits)).append(kFetch);
      if (files.Exists(fetch) || !files.RemoveFile(path).ok()) used += *reserved;
    } else if (BeginsWithHash(name) && name.size() == kHashDigits) {
      const auto size = files.FileSize(path);
      const auto used_at = files.UsedAt(path);
      if (!size.ok() || !used_at.ok()) continue;  // somebody has just removed it
      entries.push_back({path, *size, *used_at});
      used += *size;
    }
  }
  std::ranges::sort(entries, {}, &Entry::used_at);
  for (const Entry& entry : entries) {
    if (used + bytes <= limit) break;
    const auto alone = files.TryLock(entry.path, LockMode::kEvict);
    if (!alone.ok() || !files.RemoveFile(entry.path).ok()) continue;
    used -= entry.bytes;
    ++evictions;
  }
  if (used + bytes <= limit) return OkStatus();
  return ResourceExhaustedError(Concat("the shard cache ", directory, " has no room for ", bytes,
                                       " bytes: ", used, " of ", limit, " are in use"));
}

}  // namespace gvsl::data_loader
