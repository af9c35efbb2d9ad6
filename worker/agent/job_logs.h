// The trainer's output, one file a job under WORK_DIR/logs, and its way to the coordinator: chunks
// by offset, sent again until acknowledged. What the trainer says outside a job stays in idle.log.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/file_system.h"
#include "gvsl/v1/worker_service.pb.h"

namespace gvsl::agent {

// Thread-safe. A full disk loses lines, never the worker.
class JobLogs {
 public:
  // `directory` is created when the first line comes.
  JobLogs(FileSystem& files, std::string directory);

  // Adds one line (a newline is added). An empty uid: idle.log.
  void Append(const std::string& job_uid, std::string_view line);
  // The bytes that are not acknowledged yet, at most `max_bytes` of all jobs together. The same
  // call gives the same chunks until Acknowledge.
  std::vector<v1::LogChunk> Pending(std::size_t max_bytes) const;
  // The coordinator holds everything before the offset, which may also lie behind what was
  // acknowledged before (it lost something) or beyond (it has it from an earlier life of this
  // agent).
  void Acknowledge(const v1::LogAck& ack);
  bool AllAcknowledged() const;

 private:
  struct File {
    std::string path;
    std::unique_ptr<WritableFile> writer;
    std::uint64_t base = 0;  // offset of the file's first byte
    std::uint64_t size = 0;
    std::uint64_t acknowledged = 0;  // bytes of the file
  };
  File& Open(const std::string& job_uid);
  void CloseOthers(const std::string& job_uid);

  FileSystem& files_;
  std::string directory_;
  mutable std::mutex mutex_;
  std::map<std::string, File> logs_;  // by job uid
};

}  // namespace gvsl::agent
