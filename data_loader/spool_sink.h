// The objects of one series as DICOM files in a folder.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/file_system.h"
#include "data_loader/archive.h"

namespace gvsl::data_loader {

// Files that nobody but their owner can read, called by a number; each is synced before the archive
// is told that it arrived. The folder must be there and empty; its names are not synced here.
class SpoolSink final : public ObjectSink {
 public:
  SpoolSink(FileSystem& files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}

  Status Begin(const ArchiveObject& object) override;
  Status Append(std::string_view bytes) override;
  Status End() override;

  std::uint64_t objects() const { return numbers_.size(); }
  std::uint64_t bytes() const { return bytes_; }
  bool disk_failed() const { return disk_failed_; }  // else an error is the archive's

 private:
  Status Noted(Status status);

  FileSystem& files_;
  const std::string directory_;
  std::map<std::string, std::size_t> numbers_;  // of SOP instance UIDs
  std::unique_ptr<WritableFile> file_;
  std::uint64_t bytes_ = 0;
  bool disk_failed_ = false;
};

}  // namespace gvsl::data_loader
