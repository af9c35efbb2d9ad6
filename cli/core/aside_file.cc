#include "cli/core/aside_file.h"

#include <unistd.h>

#include <utility>

#include "cli/core/this_machine.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

StatusOr<AsideFile> AsideFile::Create(FileSystem& files, const std::string& path) {
  if (files.IsDirectory(path)) return FailedPreconditionError(Concat(path, " is a directory"));
  std::string aside = JoinPath(ParentPath(path), Concat(".", NameOf(path), ".tmp-", getpid()));
  auto file = files.Create(aside);
  if (!file.ok()) return OnThisMachine(file.status().WithContext("cannot write " + path));
  return AsideFile(files, path, std::move(aside), *std::move(file));
}

AsideFile::AsideFile(FileSystem& files, std::string path, std::string aside,
                     std::unique_ptr<WritableFile> file)
    : files_(&files), path_(std::move(path)), aside_(std::move(aside)), file_(std::move(file)) {}

AsideFile::AsideFile(AsideFile&& other) noexcept
    : files_(other.files_),
      path_(std::move(other.path_)),
      aside_(std::exchange(other.aside_, {})),
      file_(std::move(other.file_)),
      sha256_(std::move(other.sha256_)),
      bytes_(other.bytes_) {}

AsideFile::~AsideFile() {
  if (aside_.empty()) return;
  file_.reset();
  (void)files_->RemoveFile(aside_);
}

Status AsideFile::Append(std::string_view bytes) {
  sha256_.Update(bytes);
  bytes_ += bytes.size();
  return file_->Append(bytes);
}

Status AsideFile::Compare(const std::string& sha256) {
  const std::string found = sha256_.HexDigest();
  if (found == sha256) return OkStatus();
  return DataLossError(
      Concat(path_, ": the bytes that arrived have the SHA-256 ", found, ", not ", sha256));
}

StatusOr<std::uint64_t> AsideFile::Publish() {
  GVSL_RETURN_IF_ERROR(file_->Sync());
  GVSL_RETURN_IF_ERROR(file_->Close());
  GVSL_RETURN_IF_ERROR(files_->Rename(aside_, path_));
  aside_.clear();
  GVSL_RETURN_IF_ERROR(files_->SyncDirectory(ParentPath(path_)));
  return bytes_;
}

StatusOr<std::uint64_t> AsideFile::Publish(const std::string& sha256) {
  GVSL_RETURN_IF_ERROR(Compare(sha256));
  return Publish();
}

StatusOr<std::unique_ptr<ReadableFile>> AsideFile::Map(const std::string& sha256) {
  GVSL_RETURN_IF_ERROR(Compare(sha256));
  GVSL_RETURN_IF_ERROR(file_->Close());
  return files_->Map(aside_);
}

}  // namespace gvsl::cli
