#include "data_loader/spool_sink.h"

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

constexpr std::uint64_t kLookEvery = std::uint64_t{64} << 20;  // bytes

std::string FileName(std::size_t number) {
  std::string digits = Concat(number);
  digits.insert(0, digits.size() < 6 ? 6 - digits.size() : 0, '0');
  return digits + ".dcm";
}

}  // namespace

Status CheckSpace(FileSystem& files, const std::string& directory, std::uint64_t least) {
  const auto left = files.FreeBytes(directory);
  if (!left.ok() || *left >= least) return OkStatus();
  return ResourceExhaustedError(Concat("less than ", least >> 20, " MiB are free beside --output"));
}

Status SpoolSink::Begin(const ArchiveObject& object) {
  GVSL_ASSIGN_OR_RETURN(const std::string header, FileHeader(object));
  // An object that comes twice is the same: the second takes the first one's place.
  const auto known = numbers_.try_emplace(object.sop_instance, numbers_.size() + 1).first;
  auto created = files_.CreateOwnerOnly(JoinPath(directory_, FileName(known->second)));
  if (!created.ok()) return Noted(created.status());
  file_ = *std::move(created);
  return Append(header);
}

Status SpoolSink::Append(std::string_view bytes) {
  bytes_ += bytes.size();
  GVSL_RETURN_IF_ERROR(Noted(CheckSpace()));
  return Noted(file_->Append(bytes));
}

Status SpoolSink::CheckSpace() {
  if (bytes_ - looked_at_ < kLookEvery) return OkStatus();
  looked_at_ = bytes_;
  return data_loader::CheckSpace(files_, directory_, least_free_bytes_);
}

Status SpoolSink::End() {
  GVSL_RETURN_IF_ERROR(Noted(file_->Sync()));
  return Noted(file_->Close());
}

Status SpoolSink::Noted(Status status) {
  disk_failed_ = disk_failed_ || !status.ok();
  return status;
}

}  // namespace gvsl::data_loader
