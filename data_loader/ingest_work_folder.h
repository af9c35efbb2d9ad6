// OUTPUT.ingest, beside the dataset that is being made: its parts, its journal, the key of its
// sources, and at last the dataset itself. Only the owner can look inside. One process at a time.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/ingest_journal.h"

namespace gvsl::data_loader {

// Not thread-safe. Stays on the disk until Remove.
class IngestWorkFolder {
 public:
  static std::string PathOf(const std::string& output);
  static std::string JournalOf(const std::string& output);

  // Takes the folder and goes on with what is in it, when it was begun with the same `options`;
  // else it is emptied. `key` names the sources where it begins anew. UNAVAILABLE: another
  // ingestion into `output` runs.
  static StatusOr<std::unique_ptr<IngestWorkFolder>> Open(FileSystem& files,
                                                          const std::string& output,
                                                          const std::string& options,
                                                          const std::string& key);

  const std::string& path() const { return path_; }
  const IngestJournal& journal() const { return journal_; }  // as it was found
  bool was_emptied() const { return was_emptied_; }
  // Nobody is kept out: its file system has no locks.
  bool is_lockless() const { return is_lockless_; }
  bool holds_nothing() const { return holds_nothing_; }  // that anybody would miss
  std::string DatasetPath() const;
  std::string PartPath(const std::string& source) const;

  // OK before the line is durable: what power loss takes is done again.
  Status Append(std::string_view line);
  Status AppendDurably(std::string_view line);
  Status Sync();
  // What lies here and is neither the journal nor one of these names.
  Status RemoveAllBut(const std::set<std::string>& names);
  // The journal last, so that what is left of a folder still says what it was.
  Status Remove();

 private:
  static constexpr const char* kJournalName = "journal.jsonl";
  IngestWorkFolder(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  Status Begin(const std::string& options, const std::string& key);
  std::string JournalPath() const { return JoinPath(path_, kJournalName); }

  FileSystem& files_;
  std::string path_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<WritableFile> file_;
  IngestJournal journal_;
  int unsynced_lines_ = 0;
  bool was_emptied_ = false;
  bool is_lockless_ = false;
  bool holds_nothing_ = true;
};

}  // namespace gvsl::data_loader
