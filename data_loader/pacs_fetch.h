// Series of an archive into a folder beside the dataset, from which they are ingested.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "common/clock.h"
#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/archive.h"

namespace gvsl::data_loader {

struct FetchOptions {
  std::string spool;     // a folder for the owner alone
  std::string question;  // a hash of what is asked of whom
  int tries = 3;         // of each series, a second apart, then two …
  // What must stay free on the spool's disk, so that a small archive's disk is not filled.
  std::uint64_t least_free_bytes = std::uint64_t{2} << 30;
  std::function<bool()> stop;  // asked before each series. May be empty
};

// What matches a query, without a word about patients.
struct ArchiveContents {
  struct OfModality {
    std::uint64_t series = 0, instances = 0;  // instances as far as the archive says
  };
  std::map<std::string, OfModality> modalities;
};
ArchiveContents Summarize(const std::vector<ArchiveSeries>& series);

struct FetchEvent {
  enum class Kind { kFetched, kThereAlready, kRetried, kFailed };
  Kind kind = Kind::kFetched;
  std::size_t number = 0, of = 0;  // of the series, from 1
  std::string series_uid, modality;
  std::uint64_t objects = 0, bytes = 0;  // of this series
  Status problem;                        // kRetried, kFailed
};
using FetchObserver = std::function<void(const FetchEvent&)>;

struct FetchResult {
  std::uint64_t fetched = 0, there_already = 0, failed = 0;  // series
};

// Makes the spool where it is missing. FAILED_PRECONDITION: it holds what was asked for otherwise,
// which would be ingested too.
Status OpenSpool(FileSystem& files, const FetchOptions& options);

// Into a spool that is open. Each series becomes the folder SPOOL/UID, durable and named so only
// once it is whole: a later call fetches what is missing, and anew what has another number of
// objects than the archive says. A series that the archive cannot send is counted as failed and the
// next one fetched; an error of the network outlasts `tries` and ends the call, as do those of the
// disk. CANCELLED: stopped.
StatusOr<FetchResult> FetchSeries(FileSystem& files, Clock& clock, Archive& archive,
                                  const std::vector<ArchiveSeries>& series,
                                  const FetchOptions& options, const FetchObserver& observer);

}  // namespace gvsl::data_loader
