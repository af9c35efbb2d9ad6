#include "data_loader/ingest_work_folder.h"

#include <utility>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

constexpr const char* kLockName = "lock";
constexpr const char* kDatasetName = "dataset";
constexpr int kMostUnsyncedLines = 16;

}  // namespace

std::string IngestWorkFolder::PathOf(const std::string& output) {
  std::string path = output;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path + ".ingest";
}

std::string IngestWorkFolder::JournalOf(const std::string& output) {
  return JoinPath(PathOf(output), kJournalName);
}

StatusOr<std::unique_ptr<IngestWorkFolder>> IngestWorkFolder::Open(FileSystem& files,
                                                                   const std::string& output,
                                                                   const std::string& options,
                                                                   const std::string& key) {
  std::unique_ptr<IngestWorkFolder> folder(new IngestWorkFolder(files, PathOf(output)));
  const std::string& path = folder->path_;
  GVSL_RETURN_IF_ERROR(CreateDirectoriesDurably(files, ParentPath(path)));
  GVSL_RETURN_IF_ERROR(files.CreateOwnerOnlyDirectory(path));
  GVSL_RETURN_IF_ERROR(files.SyncDirectory(ParentPath(path)));
  auto lock = files.TryLock(JoinPath(path, kLockName), LockMode::kExclusive);
  if (lock.status().code() == StatusCode::kAborted) {
    return UnavailableError(Concat("another ingestion into ", output, " runs; it holds ", path));
  }
  const bool lockless = lock.status().code() == StatusCode::kUnimplemented;  // nobody is kept out
  if (!lock.ok() && !lockless) return lock.status();
  if (lock.ok()) folder->lock_ = *std::move(lock);
  folder->is_lockless_ = lockless;
  GVSL_RETURN_IF_ERROR(folder->Begin(options, key));
  return folder;
}

Status IngestWorkFolder::Begin(const std::string& options, const std::string& key) {
  std::string text;
  if (files_.Exists(JournalPath())) {
    GVSL_ASSIGN_OR_RETURN(text, ReadFile(files_, JournalPath()));
  }
  journal_ = ParseJournal(text);
  if (journal_.options != options) {
    was_emptied_ = !journal_.outcomes.empty();
    journal_ = {};
    GVSL_RETURN_IF_ERROR(RemoveAllBut({}));
    text = HeadLine(options, HexEncode(key));
    journal_.options = options;
    journal_.key = key;
    GVSL_RETURN_IF_ERROR(WriteFileDurably(files_, JournalPath(), text));
  } else {
    holds_nothing_ = journal_.outcomes.empty();
    const auto kept = HexDecode(journal_.key);
    if (!kept) return DataLossError(JournalPath() + " is damaged; remove " + path_);
    journal_.key = *kept;
    if (journal_.whole_bytes < text.size()) {
      text.resize(journal_.whole_bytes);
      GVSL_RETURN_IF_ERROR(WriteFileDurably(files_, JournalPath(), text));
    }
  }
  GVSL_ASSIGN_OR_RETURN(file_, files_.OpenForAppend(JournalPath()));
  return OkStatus();
}

std::string IngestWorkFolder::DatasetPath() const { return JoinPath(path_, kDatasetName); }

std::string IngestWorkFolder::PartPath(const std::string& source) const {
  return JoinPath(path_, "part-" + source);
}

Status IngestWorkFolder::Append(std::string_view line) {
  holds_nothing_ = false;
  GVSL_RETURN_IF_ERROR(file_->Append(line));
  return ++unsynced_lines_ < kMostUnsyncedLines ? OkStatus() : Sync();
}

Status IngestWorkFolder::AppendDurably(std::string_view line) {
  GVSL_RETURN_IF_ERROR(Append(line));
  return Sync();
}

Status IngestWorkFolder::Sync() {
  if (unsynced_lines_ == 0) return OkStatus();
  GVSL_RETURN_IF_ERROR(files_.SyncDirectory(path_));
  GVSL_RETURN_IF_ERROR(file_->Sync());
  unsynced_lines_ = 0;
  return OkStatus();
}

Status IngestWorkFolder::RemoveAllBut(const std::set<std::string>& names) {
  GVSL_ASSIGN_OR_RETURN(const auto found, files_.List(path_));
  for (const std::string& name : found) {
    const std::string path = JoinPath(path_, name);
    if (name == kLockName || path == JournalPath() || names.contains(name)) continue;
    GVSL_RETURN_IF_ERROR(files_.IsDirectory(path) ? files_.RemoveTree(path)
                                                  : files_.RemoveFile(path));
  }
  return OkStatus();
}

Status IngestWorkFolder::Remove() {
  GVSL_RETURN_IF_ERROR(RemoveAllBut({}));
  // The journal last: while it is there, the same command ends what is ended here.
  GVSL_RETURN_IF_ERROR(files_.RemoveTree(JoinPath(path_, kLockName)));
  GVSL_RETURN_IF_ERROR(files_.RemoveTree(JournalPath()));
  GVSL_RETURN_IF_ERROR(files_.RemoveTree(path_));
  return files_.SyncDirectory(ParentPath(path_));
}

}  // namespace gvsl::data_loader
