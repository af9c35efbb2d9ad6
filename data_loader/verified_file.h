// Files that are known by their SHA-256.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "common/file_system.h"
#include "common/status.h"

namespace gvsl::data_loader {

// What a file must hold.
struct Content {
  std::string sha256;
  std::uint64_t bytes = 0;
};

// Reads the whole file, piece by piece, into `take`, and compares it. DATA_LOSS: another size or
// hash; CANCELLED: told to stop; else the error of the file system or of `take`.
Status ReadVerified(FileSystem& files, const std::string& path, const Content& content,
                    const std::stop_token& stop, const TakePiece& take);

// The same, for its answer alone.
Status Verify(FileSystem& files, const std::string& path, const Content& content,
              const std::stop_token& stop = {});

// The same, mapped and guarded: where MappingGuard is installed, ask intact() after reading.
StatusOr<std::unique_ptr<ReadableFile>> MapVerified(FileSystem& files, const std::string& path,
                                                    const Content& content,
                                                    const std::stop_token& stop);

// An error in reading a dataset, by what it means for a job: UNAVAILABLE where the dataset is away
// for now (a file that is missing, a disk or server that fails, a stale handle), else as it is.
Status SourceError(const Status& error);

// A file of a dataset: what does not hold is read a second time before it is DATA_LOSS; other
// errors as SourceError says.
StatusOr<std::unique_ptr<ReadableFile>> MapSource(FileSystem& files, const std::string& path,
                                                  const Content& content,
                                                  const std::stop_token& stop);

}  // namespace gvsl::data_loader
