// The books of an ingestion: what happens goes to the terminal by path and into the report by name.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data_loader/dataset_manifest.h"
#include "data_loader/ingest.h"
#include "data_loader/ingest_base.h"
#include "data_loader/ingest_journal.h"
#include "data_loader/report.h"

namespace gvsl::data_loader {

// Not thread-safe.
class IngestLedger {
 public:
  IngestLedger(const std::string& key, const IngestObserver& observer)
      : book_(key), observer_(observer) {}

  std::string NameOf(const std::string& path) { return book_.Name(path); }
  // What came of an input at `path` whose label map is at `label_path`, if it has one. Of inputs
  // with one content all but the first that is taken are warned about.
  void Take(const std::string& path, const std::string& label_path, const IngestOutcome& outcome);
  // It has the content of a volume of the dataset that is added to.
  void LeaveOut(const std::string& path, const std::string& label_path,
                const IngestOutcome& outcome, const VolumeEntry& old);
  // What the dataset that is added to knows of its own sources.
  void Remember(const IngestBase& base);
  void Reject(const std::string& path, const Rejection& rejection);
  // On the terminal alone.
  void Say(const std::string& path, const Rejection& warning) const {
    Observe(IngestEvent::Kind::kWarning, path, warning);
  }
  // About no volume of the dataset; `source` where the path is an input's.
  void Warn(const std::string& path, const Rejection& warning, const std::string& source = "");

  std::size_t accepted() const { return accepted_.size(); }
  // With the accepted volumes in the manifest's order, `order[k]` being the place by Take of the
  // k-th that is not of a base; without a manifest nothing was accepted.
  IngestReport Close(const DatasetManifest* manifest, const std::vector<std::size_t>& order,
                     std::uint64_t ignored_files);
  std::string SourcesJson() const { return book_.ToJson(); }

 private:
  void Accept(const std::string& path, const IngestOutcome& outcome);
  void Observe(IngestEvent::Kind kind, const std::string& path, const Rejection& what,
               const std::string& source = "") const {
    if (observer_) observer_({kind, path, what, source});
  }

  SourceBook book_;
  const IngestObserver& observer_;
  std::vector<AcceptedVolume> accepted_;
  std::map<std::string, std::pair<std::string, std::string>> first_;  // path and source by content
  IngestReport report_;
};

}  // namespace gvsl::data_loader
