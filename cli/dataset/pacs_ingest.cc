#include "cli/dataset/pacs_ingest.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/dataset/commands.h"
#include "cli/dataset/terminal.h"
#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/pacs_fetch.h"
#include "data_loader/storage_contexts.h"

namespace gvsl::cli::dataset {
namespace {

using data_loader::ArchiveContents;
using data_loader::ArchiveSeries;
using data_loader::FetchEvent;

void PrintContents(const ArchiveContents& contents, bool json) {
  nlohmann::json modalities = nlohmann::json::object();
  std::uint64_t series = 0;
  for (const auto& [modality, of] : contents.modalities) {
    series += of.series;
    const std::string name = modality.empty() ? "(none)" : Printable(CleanUtf8(modality));
    modalities[name] = {{"series", of.series},
                        {"instances", of.instances},
                        {"fetched", data_loader::HoldsImages(modality)}};
  }
  if (json) {
    std::cout << nlohmann::json{{"series", series}, {"modalities", modalities}}.dump(1) << "\n";
    return;
  }
  std::cout << "matching series " << series << "\n";
  for (const auto& [name, of] : modalities.items()) {
    std::cout << "  " << name << " " << of["series"] << " series, " << of["instances"]
              << " instances" << (of["fetched"] ? "" : "; without images, not fetched") << "\n";
  }
}

void PrintFetch(const FetchEvent& event) {
  const std::string uid = IsTerminal() ? Concat(" (", event.series_uid, ")") : "";
  const std::string which = Concat("series ", event.number, " of ", event.of, uid);
  switch (event.kind) {
    case FetchEvent::Kind::kFetched:
      std::cerr << "fetched   " << which << ": " << Plural(event.objects, "object") << ", "
                << event.bytes / 1'000'000 << " MB\n";
      break;
    case FetchEvent::Kind::kThereAlready:
      std::cerr << "there     " << which << ": " << Plural(event.objects, "object")
                << " of an earlier time\n";
      break;
    case FetchEvent::Kind::kRetried:
      std::cerr << "retrying  " << which << ": " << Printable(event.problem.message()) << "\n";
      break;
    case FetchEvent::Kind::kFailed:
      std::cerr << "failed    " << which << ": " << Printable(event.problem.message()) << "\n";
      break;
  }
}

// One at a time in a spool; held until the process ends.
Status Lock(const std::string& spool) {
  const std::string path = JoinPath(spool, ".lock");
  const int file_descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_descriptor < 0) return ErrnoError(errno, "open " + path);
  if (::flock(file_descriptor, LOCK_EX | LOCK_NB) == 0) return OkStatus();
  const int error = errno;
  ::close(file_descriptor);
  if (error != EWOULDBLOCK) return ErrnoError(error, "flock " + path);
  return FailedPreconditionError(Concat("another gvsl-dataset fetches into ", spool));
}

std::vector<ArchiveSeries> OfImages(std::vector<ArchiveSeries> series) {
  std::erase_if(series, [](const auto& one) { return !data_loader::HoldsImages(one.modality); });
  return series;
}

Status Fetch(PacsArguments& arguments, bool json, const data_loader::IngestOptions& options) {
  GVSL_ASSIGN_OR_RETURN(const auto query, CheckPacs(arguments, options));
  const auto archive = data_loader::MakePacsClient(arguments.archive);
  GVSL_ASSIGN_OR_RETURN(const auto found, archive->Find(query));
  const ArchiveContents contents = data_loader::Summarize(found);
  if (arguments.dry_run) {
    PrintContents(contents, json);
    return OkStatus();
  }
  const auto series = OfImages(found);
  if (series.empty()) std::cerr << "warning   no series of images matches --query\n";
  SystemClock clock;
  data_loader::FetchOptions fetch;
  fetch.spool = SpoolOf(options.output);
  fetch.stop = options.stop;
  fetch.question = Sha256Hex(
      Concat(arguments.address, "\n", arguments.archive.archive_title, "\n", arguments.query));
  GVSL_RETURN_IF_ERROR(CreateDirectoriesDurably(PosixFileSystem(), ParentPath(fetch.spool)));
  GVSL_RETURN_IF_ERROR(PosixFileSystem().CreateOwnerOnlyDirectory(fetch.spool));
  GVSL_RETURN_IF_ERROR(Lock(fetch.spool));
  GVSL_RETURN_IF_ERROR(data_loader::OpenSpool(PosixFileSystem(), fetch));
  GVSL_ASSIGN_OR_RETURN(
      const auto result,
      data_loader::FetchSeries(PosixFileSystem(), clock, *archive, series, fetch, PrintFetch));
  if (result.failed == 0 || arguments.skip_failed) return OkStatus();
  return DataLossError(Concat(result.failed, " of ", series.size(),
                              " series could not be fetched; the others stay for the next time. "
                              "--skip-failed goes on without"));
}

}  // namespace

std::optional<int> FetchInputs(PacsArguments& arguments, bool json,
                               const std::function<int()>& stopped,
                               data_loader::IngestOptions& options) {
  if (arguments.address.empty()) {
    if (options.inputs.empty()) return Fail(InvalidArgumentError("--input or --pacs is needed"));
    return std::nullopt;
  }
  arguments.archive.stop = options.stop;
  const Status fetched = Fetch(arguments, json, options);
  if (fetched.code() == StatusCode::kCancelled) {
    (void)Fail(fetched);
    return 128 + stopped();
  }
  if (!fetched.ok()) return Fail(fetched);
  if (arguments.dry_run) return kDone;
  options.inputs = {SpoolOf(options.output)};
  return std::nullopt;
}

void RemoveFetched(const PacsArguments& arguments, const data_loader::IngestOptions& options) {
  if (arguments.address.empty() || arguments.keep_fetched) return;
  const std::string spool = SpoolOf(options.output);
  if (const Status removed = PosixFileSystem().RemoveTree(spool); !removed.ok()) {
    std::cerr << "warning   " << Printable(spool)
              << ": cannot be removed: " << Printable(removed.message()) << "\n";
  }
}

}  // namespace gvsl::cli::dataset
