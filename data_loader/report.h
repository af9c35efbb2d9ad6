// What an ingestion took and what it did not, and why: report.json and sources.json.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

inline constexpr const char* kReportName = "report.json";
inline constexpr const char* kSourcesName = "sources.json";

struct AcceptedVolume {
  std::string id;
  std::string source;  // keyed hash
  bool labelled = false;
  std::vector<Rejection> warnings;
};

struct RejectedVolume {
  std::string source;
  Rejection rejection;
};

// Names no path and no patient.
struct IngestReport {
  std::string dataset_sha256;            // empty when nothing was accepted
  std::vector<AcceptedVolume> accepted;  // in volume order
  std::vector<RejectedVolume> rejected;  // by code, then source
  std::uint64_t ignored_files = 0;       // neither NIfTI nor DICOM
  std::vector<Rejection> warnings;       // about no volume in particular
};

std::string ToJson(const IngestReport& report);
// DATA_LOSS: not what ToJson wrote.
StatusOr<IngestReport> ParseReport(std::string_view json);

// Names sources by a keyed hash and remembers their paths for the owner alone. Not thread-safe.
class SourceBook {
 public:
  // `key`: 32 random bytes.
  explicit SourceBook(std::string key) : key_(std::move(key)) {}
  std::string Name(const std::string& path);
  // What is known from another ingestion with the same key.
  void Remember(const std::string& name, const std::string& path) { paths_[name] = path; }
  // By a keyed hash.
  void SetSubject(const std::string& name, const std::string& subject) {
    subjects_[name] = subject;
  }
  // Key, paths and subjects; only for a file that nobody but the owner may read.
  std::string ToJson() const;

 private:
  std::string key_;
  std::map<std::string, std::string> paths_;
  std::map<std::string, std::string> subjects_;
};

// 32 bytes from the kernel's generator.
std::string RandomKey();

}  // namespace gvsl::data_loader
