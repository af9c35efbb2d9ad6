#include "data_loader/ingest_ledger.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace gvsl::data_loader {

void IngestLedger::Accept(const std::string& path, AcceptedVolume volume,
                          const std::string& description) {
  Observe(IngestEvent::Kind::kAccepted, path, {"", description});
  for (const Rejection& warning : volume.warnings) {
    Observe(IngestEvent::Kind::kWarning, path, warning);
  }
  accepted_.push_back(std::move(volume));
}

void IngestLedger::Reject(const std::string& path, const Rejection& rejection) {
  report_.rejected.push_back({book_.Name(path), rejection});
  Observe(IngestEvent::Kind::kRejected, path, rejection);
}

void IngestLedger::Warn(const std::string& path, const Rejection& warning) {
  report_.warnings.push_back(warning);
  Observe(IngestEvent::Kind::kWarning, path, warning);
}

IngestReport IngestLedger::Close(const DatasetManifest* manifest,
                                 const std::vector<std::size_t>& order,
                                 std::uint64_t ignored_files) {
  std::sort(report_.rejected.begin(), report_.rejected.end(), [](const auto& a, const auto& b) {
    return std::tie(a.rejection.code, a.source) < std::tie(b.rejection.code, b.source);
  });
  for (std::size_t volume = 0; volume < order.size(); ++volume) {
    report_.accepted.push_back(std::move(accepted_[order[volume]]));
    report_.accepted.back().id = manifest->volumes[volume].id;
  }
  if (manifest != nullptr) report_.dataset_sha256 = manifest->sha256;
  report_.ignored_files = ignored_files;
  return std::move(report_);
}

}  // namespace gvsl::data_loader
