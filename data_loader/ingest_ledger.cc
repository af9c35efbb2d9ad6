#include "data_loader/ingest_ledger.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

std::string CutFrom(const VolumeEntry& volume) {
  if (!volume.cut) return {};
  const auto& whole = volume.cut->whole;
  return Concat("cropped from ", whole[0], "x", whole[1], "x", whole[2], ", ");
}

std::string Describe(const VolumeEntry& volume) {
  const auto& [size, spacing, to_ras] = volume.grid;
  return Concat(volume.modality, " ", size[0], "x", size[1], "x", size[2], " voxels of ",
                spacing[0], "x", spacing[1], "x", spacing[2], " mm, ", CutFrom(volume), "window ",
                volume.window, volume.label_sha256 ? ", labelled" : "");
}

}  // namespace

void IngestLedger::Take(const std::string& path, const std::string& label_path,
                        const IngestOutcome& outcome) {
  if (outcome.label_rejection) Reject(label_path, *outcome.label_rejection);
  if (outcome.part) {
    Accept(path, outcome);
  } else {
    Reject(path, outcome.rejection);
  }
}

void IngestLedger::LeaveOut(const std::string& path, const std::string& label_path,
                            const IngestOutcome& outcome, const VolumeEntry& old) {
  if (outcome.label_rejection) Reject(label_path, *outcome.label_rejection);
  const VolumeEntry& entry = outcome.part->entry;
  const bool differs =
      entry.label_sha256 != old.label_sha256 || entry.class_index != old.class_index;
  Warn(path,
       {"SAME_CONTENT", Concat("source ", outcome.source, " has the voxels and the grid of ",
                               old.id, ", which is in the dataset already; left out",
                               differs ? ", with its other labels or class" : "")},
       outcome.source);
}

void IngestLedger::Remember(const IngestBase& base) {
  if (!base.key) return;
  for (const auto& [name, path] : base.sources) book_.Remember(name, path);
  for (const auto& [name, subject] : base.subjects) book_.SetSubject(name, subject);
}

void IngestLedger::Accept(const std::string& path, const IngestOutcome& outcome) {
  const VolumeEntry& entry = outcome.part->entry;
  Observe(IngestEvent::Kind::kAccepted, path, {"", Describe(entry)}, outcome.source);
  AcceptedVolume volume{"", outcome.source, entry.label_sha256.has_value(), outcome.warnings};
  const auto [first, is_first] = first_.try_emplace(entry.id, path, outcome.source);
  if (!is_first) {
    const auto& [first_path, first_source] = first->second;
    volume.warnings.push_back(
        {"SAME_CONTENT",
         Concat("the same voxels on the same grid as source ", first_source, "; both are kept"),
         first_path});
  }
  for (const Rejection& warning : volume.warnings) {
    Observe(IngestEvent::Kind::kWarning, path, warning, outcome.source);
  }
  book_.SetSubject(outcome.source, outcome.part->subject_key);
  accepted_.push_back(std::move(volume));
}

void IngestLedger::Reject(const std::string& path, const Rejection& rejection) {
  const std::string source = book_.Name(path);
  report_.rejected.push_back({source, rejection});
  Observe(IngestEvent::Kind::kRejected, path, rejection, source);
}

void IngestLedger::Warn(const std::string& path, const Rejection& warning,
                        const std::string& source) {
  report_.warnings.push_back(warning);
  Observe(IngestEvent::Kind::kWarning, path, warning, source);
}

IngestReport IngestLedger::Close(const DatasetManifest* manifest,
                                 const std::vector<std::size_t>& order,
                                 std::uint64_t ignored_files) {
  std::sort(report_.rejected.begin(), report_.rejected.end(), [](const auto& a, const auto& b) {
    return std::tie(a.rejection.code, a.source) < std::tie(b.rejection.code, b.source);
  });
  const std::size_t first = manifest == nullptr ? 0 : manifest->volumes.size() - order.size();
  for (std::size_t volume = 0; volume < order.size(); ++volume) {
    report_.accepted.push_back(std::move(accepted_[order[volume]]));
    report_.accepted.back().id = manifest->volumes[first + volume].id;
  }
  if (manifest != nullptr) report_.dataset_sha256 = manifest->sha256;
  report_.ignored_files = ignored_files;
  return std::move(report_);
}

}  // namespace gvsl::data_loader
