#include "data_loader/verified_file.h"

#include <utility>

#include "common/mapping_guard.h"
#include "common/sha256.h"
#include "common/text.h"

namespace gvsl::data_loader {
namespace {

class GuardedFile final : public ReadableFile {
 public:
  explicit GuardedFile(std::unique_ptr<ReadableFile> file)
      : file_(std::move(file)), guard_(file_->bytes()) {}
  std::string_view bytes() const override { return file_->bytes(); }
  bool intact() const override { return guard_.intact(); }

 private:
  std::unique_ptr<ReadableFile> file_;
  MappingGuard guard_;  // ends first
};

}  // namespace

Status ReadVerified(FileSystem& files, const std::string& path, const Content& content,
                    const std::stop_token& stop, const TakePiece& take) {
  Sha256 hash;
  std::uint64_t bytes = 0;
  GVSL_RETURN_IF_ERROR(files.Read(path, [&](std::string_view piece) -> Status {
    if (stop.stop_requested()) return CancelledError("told to stop");
    if (piece.size() > content.bytes - bytes) {
      return DataLossError(Concat("it has more than the manifest's ", content.bytes, " bytes"));
    }
    bytes += piece.size();
    hash.Update(piece);
    return take(piece);
  }));
  if (bytes != content.bytes) {
    return DataLossError(
        Concat("it has ", bytes, " bytes instead of the manifest's ", content.bytes));
  }
  if (const std::string digest = hash.HexDigest(); digest != content.sha256) {
    return DataLossError(
        Concat("its SHA-256 is ", digest.substr(0, 12), "..., not the manifest's"));
  }
  return OkStatus();
}

Status Verify(FileSystem& files, const std::string& path, const Content& content,
              const std::stop_token& stop) {
  return ReadVerified(files, path, content, stop, [](std::string_view) { return OkStatus(); });
}

StatusOr<std::unique_ptr<ReadableFile>> MapVerified(FileSystem& files, const std::string& path,
                                                    const Content& content,
                                                    const std::stop_token& stop) {
  // Not from the mapping: there a disk that fails would end the process.
  GVSL_RETURN_IF_ERROR(Verify(files, path, content, stop));
  GVSL_ASSIGN_OR_RETURN(auto file, files.Map(path));
  if (file->bytes().size() != content.bytes) {
    return DataLossError("it changed its size while it was read");
  }
  return std::make_unique<GuardedFile>(std::move(file));
}

Status SourceError(const Status& error) {
  const bool away = error.code() == StatusCode::kNotFound || error.code() == StatusCode::kUnknown;
  return away ? UnavailableError(error.message()) : error;
}

StatusOr<std::unique_ptr<ReadableFile>> MapSource(FileSystem& files, const std::string& path,
                                                  const Content& content,
                                                  const std::stop_token& stop) {
  auto file = MapVerified(files, path, content, stop);
  if (file.status().code() == StatusCode::kDataLoss) {
    file = MapVerified(files, path, content, stop);
  }
  if (!file.ok()) return SourceError(file.status());
  return file;
}

}  // namespace gvsl::data_loader
