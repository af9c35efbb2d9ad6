#include "data_loader/shard_cache.h"

#include <utility>

#include "common/log.h"
#include "common/text.h"
#include "data_loader/cache_room.h"

namespace gvsl::data_loader {
namespace {

constexpr Duration kPoll = std::chrono::milliseconds(20);
// For a shard to be pinned, and for room to be made: others hold these locks for moments.
constexpr Duration kShortWait = std::chrono::seconds(10);
// For another process to fetch the same shard.
constexpr Duration kFetchWait = std::chrono::minutes(2);
constexpr int kAttempts = 3;

class PinnedFile final : public ReadableFile {
 public:
  PinnedFile(std::unique_ptr<FileLock> pin, std::unique_ptr<ReadableFile> file)
      : pin_(std::move(pin)), file_(std::move(file)) {}
  std::string_view bytes() const override { return file_->bytes(); }
  bool intact() const override { return file_->intact(); }

 private:
  std::unique_ptr<FileLock> pin_;  // goes after the mapping
  std::unique_ptr<ReadableFile> file_;
};

bool IsDamage(const Status& status) {
  return status.code() == StatusCode::kDataLoss || status.code() == StatusCode::kUnknown;
}

}  // namespace

ShardCache::ShardCache(FileSystem& files, Clock& clock, std::string directory,
                       std::uint64_t limit_bytes)
    : files_(files), clock_(clock), directory_(std::move(directory)), limit_bytes_(limit_bytes) {}

StatusOr<std::unique_ptr<ReadableFile>> ShardCache::Get(const Content& content,
                                                        const std::string& source,
                                                        const std::stop_token& stop) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto copy = Open(content, stop);
    if (copy.ok()) {
      if (attempt == 0) ++hits_;
      return copy;
    }
    const bool suspect = IsDamage(copy.status());
    const bool missing = copy.status().code() == StatusCode::kNotFound;
    if (copy.status().code() == StatusCode::kCancelled) return copy;
    if (!suspect && !missing) return Bypass(copy.status(), content, source, stop);
    if (suspect) {
      ++refetches_;
      LogWarning("cached_shard_damaged", {{"shard", content.sha256}, {"reason", copy.status()}});
    } else if (attempt == 0) {
      ++misses_;
    }
    Status trouble;
    GVSL_RETURN_IF_ERROR(Fetch(content, source, suspect, stop, trouble));
    if (!trouble.ok()) return Bypass(trouble, content, source, stop);
  }
  return Bypass(AbortedError("what is written there does not stay"), content, source, stop);
}

CacheCounts ShardCache::counts() const {
  return {hits_, misses_, copied_bytes_, evictions_, refetches_, bypasses_};
}

StatusOr<std::unique_ptr<FileLock>> ShardCache::Lock(const std::string& path, LockMode mode,
                                                     Duration wait, const std::stop_token& stop) {
  const TimePoint until = clock_.Now() + wait;
  while (true) {
    auto lock = files_.TryLock(path, mode);
    if (lock.status().code() != StatusCode::kAborted) return lock;
    if (stop.stop_requested()) return CancelledError("told to stop");
    if (clock_.Now() >= until) return lock;
    clock_.SleepFor(kPoll);
  }
}

StatusOr<std::unique_ptr<ReadableFile>> ShardCache::Open(const Content& content,
                                                         const std::stop_token& stop) {
  const std::string path = CachedPath(directory_, content);
  GVSL_ASSIGN_OR_RETURN(auto pin, Lock(path, LockMode::kShared, kShortWait, stop));
  (void)files_.MarkUsed(path);  // else it is evicted early, no more
  GVSL_ASSIGN_OR_RETURN(auto file, MapVerified(files_, path, content, stop));
  return std::make_unique<PinnedFile>(std::move(pin), std::move(file));
}

Status ShardCache::Fetch(const Content& content, const std::string& source, bool suspect,
                         const std::stop_token& stop, Status& trouble) {
  trouble = files_.CreateDirectories(directory_);
  if (!trouble.ok()) return OkStatus();
  const std::string lock = FetchLockPath(directory_, content);
  const auto alone = Lock(lock, LockMode::kExclusive, kFetchWait, stop);
  if (alone.status().code() == StatusCode::kCancelled) return alone.status();
  trouble = alone.status();
  if (!trouble.ok()) return OkStatus();

  const std::string path = CachedPath(directory_, content);
  const auto damaged = [&] { return suspect && IsDamage(Verify(files_, path, content, stop)); };
  Status status;
  if (!files_.Exists(path) || damaged()) {
    // Whoever has the damaged one mapped keeps it.
    if (files_.Exists(path)) trouble = files_.RemoveFile(path);
    if (trouble.ok()) trouble = Reserve(content, stop);
    if (trouble.ok()) status = Copy(content, source, stop, trouble);
    if (status.ok() && trouble.ok()) trouble = Publish(content);
    const std::string aside = AsidePath(directory_, content);
    if (files_.Exists(aside)) (void)files_.RemoveFile(aside);
  }
  (void)files_.RemoveFile(lock);
  if (status.ok() && trouble.code() == StatusCode::kCancelled) return std::exchange(trouble, {});
  return status;
}

Status ShardCache::Reserve(const Content& content, const std::stop_token& stop) {
  const std::string lock = CacheLockPath(directory_);
  GVSL_ASSIGN_OR_RETURN(const auto alone, Lock(lock, LockMode::kExclusive, kShortWait, stop));
  const std::string aside = AsidePath(directory_, content);
  if (files_.Exists(aside)) (void)files_.RemoveFile(aside);  // of a process that was killed
  std::uint64_t evictions = 0;
  const Status made = MakeRoom(files_, directory_, limit_bytes_, content.bytes, evictions);
  evictions_ += evictions;
  GVSL_RETURN_IF_ERROR(made);
  GVSL_ASSIGN_OR_RETURN(const auto file, files_.CreateOwnerOnly(aside));
  return file->Close();
}

Status ShardCache::Copy(const Content& content, const std::string& source,
                        const std::stop_token& stop, Status& trouble) {
  Status read;
  for (int reading = 0; reading < 2; ++reading) {
    auto file = files_.Create(AsidePath(directory_, content));  // that Reserve made
    trouble = file.status();
    if (!trouble.ok()) return OkStatus();
    read = ReadVerified(files_, source, content, stop, [&](std::string_view piece) {
      trouble = (*file)->Append(piece);
      return trouble;
    });
    if (!trouble.ok()) return OkStatus();
    if (read.ok()) {
      trouble = (*file)->Sync();
      if (trouble.ok()) trouble = (*file)->Close();
      return OkStatus();
    }
    if (read.code() != StatusCode::kDataLoss) break;
  }
  return SourceError(read);
}

Status ShardCache::Publish(const Content& content) {
  GVSL_RETURN_IF_ERROR(
      files_.Rename(AsidePath(directory_, content), CachedPath(directory_, content)));
  copied_bytes_ += content.bytes;
  return files_.SyncDirectory(directory_);
}

StatusOr<std::unique_ptr<ReadableFile>> ShardCache::Bypass(const Status& why,
                                                           const Content& content,
                                                           const std::string& source,
                                                           const std::stop_token& stop) {
  ++bypasses_;
  if (!warned_.exchange(true)) {
    LogWarning("shard_cache_bypassed", {{"directory", directory_}, {"reason", why}});
  }
  return MapSource(files_, source, content, stop);
}

}  // namespace gvsl::data_loader
