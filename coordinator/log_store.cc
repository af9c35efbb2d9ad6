#include "coordinator/log_store.h"

#include <algorithm>

#include "common/text.h"

namespace gvsl::coordinator {
namespace {
constexpr std::string_view kSuffix = ".log";
}  // namespace

std::string LogStore::PathOf(const std::string& job_uid, const std::string& worker) const {
  return JoinPath(JoinPath(directory_, job_uid), Concat(worker, kSuffix));
}

StatusOr<std::uint64_t> LogStore::Append(const std::string& job_uid, const std::string& worker,
                                         std::uint64_t offset, std::string_view text) {
  const std::lock_guard lock(mutex_);
  const std::string path = PathOf(job_uid, worker);
  std::uint64_t size = 0;
  if (files_.Exists(path)) {
    GVSL_ASSIGN_OR_RETURN(size, files_.FileSize(path));
  } else {
    GVSL_RETURN_IF_ERROR(files_.CreateDirectories(ParentPath(path)));
  }
  const std::uint64_t end = offset + text.size();
  if (size >= limit_bytes_) return std::max(size, end);
  if (offset > size || end <= size) return size;
  std::string_view fresh = text.substr(size - offset);
  fresh = fresh.substr(0, limit_bytes_ - size);
  GVSL_ASSIGN_OR_RETURN(auto file, files_.OpenForAppend(path));
  GVSL_RETURN_IF_ERROR(file->Append(fresh));
  GVSL_RETURN_IF_ERROR(file->Close());
  return end;
}

StatusOr<std::string> LogStore::Read(const std::string& job_uid, const std::string& worker,
                                     std::uint64_t offset, std::size_t limit) {
  const std::string path = PathOf(job_uid, worker);
  if (!files_.Exists(path)) return std::string();
  GVSL_ASSIGN_OR_RETURN(const std::uint64_t size, files_.FileSize(path));
  if (offset >= size) return std::string();
  GVSL_ASSIGN_OR_RETURN(const auto file, files_.Map(path));
  const std::string_view bytes = file->bytes();
  if (offset >= bytes.size()) return std::string();
  return std::string(bytes.substr(offset, limit));
}

std::vector<std::string> LogStore::Workers(const std::string& job_uid) {
  std::vector<std::string> workers;
  const auto names = files_.List(JoinPath(directory_, job_uid));
  if (!names.ok()) return workers;
  for (const std::string& name : *names) {
    if (name.size() > kSuffix.size() && name.ends_with(kSuffix)) {
      workers.push_back(name.substr(0, name.size() - kSuffix.size()));
    }
  }
  return workers;
}

void LogStore::Remove(const std::string& job_uid) {
  const std::lock_guard lock(mutex_);
  (void)files_.RemoveTree(JoinPath(directory_, job_uid));
}

}  // namespace gvsl::coordinator
