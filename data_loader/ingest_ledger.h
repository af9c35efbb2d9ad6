// The books of an ingestion: what happens goes to the terminal by path and into the report by name.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data_loader/dataset_manifest.h"
#include "data_loader/ingest.h"
#include "data_loader/report.h"

namespace gvsl::data_loader {

// Not thread-safe.
class IngestLedger {
 public:
  IngestLedger(const std::string& key, const IngestObserver& observer)
      : book_(key), observer_(observer) {}

  std::string NameOf(const std::string& path) { return book_.Name(path); }
  // `description` is for the terminal alone.
  void Accept(const std::string& path, AcceptedVolume volume, const std::string& description);
  void Reject(const std::string& path, const Rejection& rejection);
  // About no volume in particular.
  void Warn(const std::string& path, const Rejection& warning);

  std::size_t accepted() const { return accepted_.size(); }
  // With the accepted volumes in the manifest's order, `order[k]` being the k-th's place by Accept;
  // without a manifest nothing was accepted.
  IngestReport Close(const DatasetManifest* manifest, const std::vector<std::size_t>& order,
                     std::uint64_t ignored_files);
  std::string SourcesJson() const { return book_.ToJson(); }

 private:
  void Observe(IngestEvent::Kind kind, const std::string& path, const Rejection& what) const {
    if (observer_) observer_({kind, path, what});
  }

  SourceBook book_;
  const IngestObserver& observer_;
  std::vector<AcceptedVolume> accepted_;
  IngestReport report_;
};

}  // namespace gvsl::data_loader
