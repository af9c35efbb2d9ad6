#include "data_loader/ingest.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/dataset_writer.h"
#include "data_loader/ingest_base.h"
#include "data_loader/ingest_fingerprint.h"
#include "data_loader/ingest_run.h"
#include "data_loader/ingest_work_folder.h"

namespace gvsl::data_loader {
namespace {

// A report without a dataset is what an ingestion leaves that accepted nothing; the next may
// replace it.
bool IsFailedIngestion(FileSystem& files, const std::string& directory) {
  if (!files.IsDirectory(directory)) return false;
  const auto names = files.List(directory);
  return names.ok() && *names == std::vector<std::string>{kReportName, kSourcesName};
}

// What an ingestion left that was killed after its dataset had got its name: only its folder is to
// be removed.
std::optional<IngestReport> FindPublished(FileSystem& files, const IngestOptions& options,
                                          const IngestBase& base) {
  const auto text = ReadFile(files, IngestWorkFolder::JournalOf(options.output));
  const auto report = ReadFile(files, JoinPath(options.output, kReportName));
  if (!text.ok() || !report.ok()) return std::nullopt;
  const IngestJournal journal = ParseJournal(*text);
  if (journal.published != Sha256Hex(*report)) return std::nullopt;
  if (journal.asked != AskedSha256(options, base.manifest.sha256)) return std::nullopt;
  const auto parsed = ParseReport(*report);
  return parsed.ok() ? std::optional(*parsed) : std::nullopt;
}

// The folder goes where nobody would miss it; else the error says what to do with it.
Status Explained(IngestWorkFolder& folder, const Status& status) {
  if (folder.holds_nothing()) {
    (void)folder.Remove();
    const bool stopped = status.code() == StatusCode::kCancelled;
    return stopped ? CancelledError(status.message() + "; nothing was written") : status;
  }
  const bool full = status.code() == StatusCode::kResourceExhausted;
  return {status.code(),
          Concat(status.message(), "; what was done is kept in ", folder.path(), ": ",
                 full ? "make room, and " : "", "the same command goes on there, or remove it")};
}

StatusOr<IngestReport> RunIn(IngestWorkFolder& folder, FileSystem& files,
                             const IngestOptions& options, const IngestBase& base,
                             const IngestObserver& observer) {
  IngestLedger ledger(folder.journal().key, observer);
  if (folder.was_emptied()) {
    ledger.Say(folder.path(),
               {"OTHER_OPTIONS",
                "was begun with other options or another version; what had been done "
                "is done again"});
  }
  if (folder.is_lockless()) {
    ledger.Say(folder.path(),
               {"NO_LOCKS",
                "its file system has no locks: see to it that no other ingestion into "
                "this dataset runs"});
  }
  ledger.Remember(base);
  const IngestRun run{files, options, base, folder, ledger};
  GVSL_ASSIGN_OR_RETURN(const IngestedInputs inputs, IngestInputsOf(run));
  return PublishDataset(run, inputs);
}

}  // namespace

StatusOr<IngestReport> Ingest(FileSystem& files, const IngestOptions& options,
                              const IngestObserver& observer) {
  IngestBase base;
  if (!options.add.empty()) {
    GVSL_ASSIGN_OR_RETURN(base, ReadBase(files, options.add, options.prepare));
  }
  std::optional<IngestReport> published = FindPublished(files, options, base);
  if (!published) {
    if (IsFailedIngestion(files, options.output)) {
      GVSL_RETURN_IF_ERROR(files.RemoveTree(options.output));
    }
    GVSL_RETURN_IF_ERROR(CheckIsFree(files, options.output));
  }
  GVSL_ASSIGN_OR_RETURN(
      const std::unique_ptr<IngestWorkFolder> folder,
      IngestWorkFolder::Open(files, options.output, OptionsSha256(options, base.manifest.sha256),
                             base.key.value_or(options.key)));
  StatusOr<IngestReport> report = published ? StatusOr<IngestReport>(*std::move(published))
                                            : RunIn(*folder, files, options, base, observer);
  if (!report.ok()) return Explained(*folder, report.status());
  // The dataset is there, whatever becomes of the folder: the next call removes it.
  (void)folder->Remove();
  return report;
}

}  // namespace gvsl::data_loader
