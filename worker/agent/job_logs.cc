#include "worker/agent/job_logs.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "common/log.h"
#include "common/text.h"

namespace gvsl::agent {
namespace {

std::string FileName(const std::string& job_uid) {
  if (job_uid.empty()) return "idle.log";
  std::string name = job_uid;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c) && c != '-'; }, '_');
  return name + ".log";
}

}  // namespace

JobLogs::JobLogs(FileSystem& files, std::string directory)
    : files_(files), directory_(std::move(directory)) {}

JobLogs::File& JobLogs::Open(const std::string& job_uid) {
  File& file = logs_[job_uid];
  if (file.writer != nullptr) return file;
  CloseOthers(job_uid);
  file.path = JoinPath(directory_, FileName(job_uid));
  Status status = files_.CreateDirectories(directory_);
  if (status.ok()) {
    auto writer = files_.OpenForAppend(file.path);
    status = writer.status();
    if (writer.ok()) file.writer = *std::move(writer);
  }
  if (!status.ok()) LogWarning("log_file_failed", {{"job", job_uid}, {"reason", status}});
  const auto size = files_.FileSize(file.path);
  file.size = size.ok() ? *size : 0;
  return file;
}

// A trainer serves one job at a time. What is acknowledged to its end need not be remembered: the
// coordinator says again how much it has.
void JobLogs::CloseOthers(const std::string& job_uid) {
  for (auto& [uid, file] : logs_) {
    if (uid != job_uid) file.writer.reset();
  }
  std::erase_if(logs_, [&](const auto& entry) {
    const File& file = entry.second;
    return entry.first != job_uid && (entry.first.empty() || file.acknowledged >= file.size);
  });
}

void JobLogs::Append(const std::string& job_uid, std::string_view line) {
  const std::lock_guard lock(mutex_);
  File& file = Open(job_uid);
  if (file.writer == nullptr) return;
  if (file.writer->Append(Concat(line, '\n')).ok()) {
    file.size += line.size() + 1;
    return;
  }
  const auto size = files_.FileSize(file.path);
  if (size.ok()) file.size = *size;
}

std::vector<v1::LogChunk> JobLogs::Pending(std::size_t max_bytes) const {
  const std::lock_guard lock(mutex_);
  std::vector<v1::LogChunk> chunks;
  for (const auto& [job_uid, file] : logs_) {
    if (job_uid.empty() || file.acknowledged >= file.size || max_bytes == 0) continue;
    const auto content = files_.Map(file.path);
    if (!content.ok() || (*content)->bytes().size() <= file.acknowledged) continue;
    const std::string_view text = (*content)->bytes().substr(file.acknowledged, max_bytes);
    v1::LogChunk& chunk = chunks.emplace_back();
    chunk.set_job_uid(job_uid);
    chunk.set_offset(file.base + file.acknowledged);
    chunk.set_text(text.data(), text.size());
    max_bytes -= text.size();
  }
  return chunks;
}

void JobLogs::Acknowledge(const v1::LogAck& ack) {
  const std::lock_guard lock(mutex_);
  const auto found = logs_.find(ack.job_uid());
  if (found == logs_.end()) return;
  File& file = found->second;
  const std::uint64_t next = ack.next_offset();
  if (next < file.base) {
    file.base = file.acknowledged = 0;
  } else if (next > file.base + file.size) {
    file.base = next - file.acknowledged;
  } else {
    file.acknowledged = next - file.base;
  }
}

bool JobLogs::AllAcknowledged() const {
  const std::lock_guard lock(mutex_);
  return std::all_of(logs_.begin(), logs_.end(), [](const auto& entry) {
    return entry.first.empty() || entry.second.acknowledged >= entry.second.size;
  });
}

}  // namespace gvsl::agent
