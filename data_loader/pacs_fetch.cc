#include "data_loader/pacs_fetch.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "common/text.h"
#include "data_loader/pacs_status.h"
#include "data_loader/spool_sink.h"

namespace gvsl::data_loader {
namespace {

// Hidden names, which an ingestion passes over.
constexpr char kPart[] = ".part";
constexpr char kQuestion[] = ".query";

Status MakeOwnerOnly(FileSystem& files, const std::string& directory) {
  GVSL_RETURN_IF_ERROR(CreateDirectoriesDurably(files, directory));
  return files.CreateOwnerOnlyDirectory(directory);
}

// Without the UID of a series, of which the names of its files are made.
Status Unnamed(const Status& status, const std::string& uid) {
  constexpr std::string_view kSeries = "SERIES";
  std::string message = status.message();
  for (std::size_t at = 0; (at = message.find(uid, at)) != std::string::npos;) {
    message.replace(at, uid.size(), kSeries);
    at += kSeries.size();
  }
  return {status.code(), message};
}

class Fetching {
 public:
  Fetching(FileSystem& files, Clock& clock, Archive& archive, const FetchOptions& options,
           const FetchObserver& observer)
      : files_(files), clock_(clock), archive_(archive), options_(options), observer_(observer) {}

  StatusOr<FetchResult> Run(const std::vector<ArchiveSeries>& series) {
    GVSL_RETURN_IF_ERROR(RemoveOthers(series));
    FetchResult result;
    for (std::size_t i = 0; i < series.size(); ++i) {
      if (Stopped()) return CancelledError("stopped; what was fetched stays for the next time");
      event_ = {};
      event_.number = i + 1;
      event_.of = series.size();
      event_.series_uid = series[i].series_uid;
      event_.modality = series[i].modality;
      if (IsThere(series[i])) {
        ++result.there_already;
        Say(FetchEvent::Kind::kThereAlready);
        continue;
      }
      const Status fetched = FetchWithRetries(series[i]);
      if (!fetched.ok() && (disk_failed_ || !IsOfOneSeries(fetched))) return fetched;
      if (!fetched.ok()) {  // an earlier part of it would be taken for all
        const std::string& uid = series[i].series_uid;
        GVSL_RETURN_IF_ERROR(Unnamed(files_.RemoveTree(JoinPath(options_.spool, uid)), uid));
      }
      ++(fetched.ok() ? result.fetched : result.failed);
    }
    return result;
  }

 private:
  // What the archive does not have any more is not ingested.
  Status RemoveOthers(const std::vector<ArchiveSeries>& series) {
    std::set<std::string> asked;
    for (const ArchiveSeries& one : series) asked.insert(one.series_uid);
    const auto names = files_.List(options_.spool);
    if (!names.ok()) return names.status();
    for (const std::string& name : *names) {
      if (name.starts_with(".") || asked.contains(name)) continue;
      GVSL_RETURN_IF_ERROR(Unnamed(files_.RemoveTree(JoinPath(options_.spool, name)), name));
    }
    return OkStatus();
  }

  bool Stopped() const { return options_.stop && options_.stop(); }

  void Say(FetchEvent::Kind kind, Status problem = {}) {
    event_.kind = kind;
    event_.problem = std::move(problem);
    if (observer_) observer_(event_);
  }

  bool IsThere(const ArchiveSeries& series) {
    const auto names = files_.List(JoinPath(options_.spool, series.series_uid));
    if (!names.ok() || names->empty()) return false;
    event_.objects = names->size();
    return !series.instances || *series.instances <= names->size();
  }

  Status FetchWithRetries(const ArchiveSeries& series) {
    for (int attempt = 1;; ++attempt) {
      const Status fetched = Unnamed(FetchOnce(series), series.series_uid);
      if (fetched.ok()) return fetched;
      const bool may_pass = IsTransient(fetched) || IsOfOneSeries(fetched);
      if (!may_pass || disk_failed_ || attempt >= options_.tries || Stopped()) {
        Say(FetchEvent::Kind::kFailed, fetched);
        return fetched;
      }
      Say(FetchEvent::Kind::kRetried, fetched);
      clock_.SleepFor(std::chrono::seconds(1 << (attempt - 1)));
    }
  }

  Status FetchOnce(const ArchiveSeries& series) {
    disk_failed_ = true;
    const std::string part = JoinPath(options_.spool, Concat(".", series.series_uid, kPart));
    GVSL_RETURN_IF_ERROR(files_.RemoveTree(part));
    GVSL_RETURN_IF_ERROR(CheckSpace());
    GVSL_RETURN_IF_ERROR(MakeOwnerOnly(files_, part));
    SpoolSink sink(files_, part, options_.least_free_bytes);
    const Status received = archive_.Fetch(series, sink);
    event_.objects = sink.objects();
    event_.bytes = sink.bytes();
    disk_failed_ = sink.disk_failed();
    if (disk_failed_) (void)files_.RemoveTree(part);  // the disk may be full
    GVSL_RETURN_IF_ERROR(received);
    GVSL_RETURN_IF_ERROR(CheckCount(series, sink.objects()));
    disk_failed_ = true;  // if anything fails now
    return Publish(part, JoinPath(options_.spool, series.series_uid));
  }

  static Status CheckCount(const ArchiveSeries& series, std::uint64_t objects) {
    if (objects == 0) return DataLossError("the archive sent nothing of the series");
    if (!series.instances || *series.instances <= objects) return OkStatus();
    return DataLossError(
        Concat("the archive sent ", objects, " of ", *series.instances, " objects of the series"));
  }

  Status Publish(const std::string& part, const std::string& whole) {
    GVSL_RETURN_IF_ERROR(files_.SyncDirectory(part));
    GVSL_RETURN_IF_ERROR(files_.RemoveTree(whole));
    GVSL_RETURN_IF_ERROR(files_.Rename(part, whole));
    GVSL_RETURN_IF_ERROR(files_.SyncDirectory(options_.spool));
    Say(FetchEvent::Kind::kFetched);
    return OkStatus();
  }

  Status CheckSpace() const {
    const Status enough =
        data_loader::CheckSpace(files_, options_.spool, options_.least_free_bytes);
    if (enough.ok()) return enough;
    return {enough.code(), enough.message() + "; what was fetched stays for the next time"};
  }

  FileSystem& files_;
  Clock& clock_;
  Archive& archive_;
  const FetchOptions& options_;
  const FetchObserver& observer_;
  FetchEvent event_;
  bool disk_failed_ = false;  // whatever was wrong with the last series, it was this side's disk
};

}  // namespace

ArchiveContents Summarize(const std::vector<ArchiveSeries>& series) {
  ArchiveContents contents;
  for (const ArchiveSeries& one : series) {
    auto& of_modality = contents.modalities[one.modality];
    ++of_modality.series;
    of_modality.instances += one.instances.value_or(0);
  }
  return contents;
}

Status OpenSpool(FileSystem& files, const FetchOptions& options) {
  GVSL_RETURN_IF_ERROR(MakeOwnerOnly(files, options.spool));
  const std::string name = JoinPath(options.spool, kQuestion);
  const auto earlier = ReadFile(files, name, options.question.size());
  if (earlier.ok() && *earlier == options.question) return OkStatus();
  const auto names = files.List(options.spool);
  if (!names.ok()) return names.status();
  const bool has_series = std::any_of(names->begin(), names->end(),
                                      [](const std::string& one) { return !one.starts_with("."); });
  if (has_series) {
    return FailedPreconditionError(
        Concat(options.spool,
               " holds what another --query or archive gave; remove it, or name "
               "another --output"));
  }
  return WriteFileDurably(files, name, options.question);
}

StatusOr<FetchResult> FetchSeries(FileSystem& files, Clock& clock, Archive& archive,
                                  const std::vector<ArchiveSeries>& series,
                                  const FetchOptions& options, const FetchObserver& observer) {
  return Fetching(files, clock, archive, options, observer).Run(series);
}

}  // namespace gvsl::data_loader
