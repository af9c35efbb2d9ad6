// A hospital's archive of images, as what fetches from it sees it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "data_loader/pacs_query.h"

namespace gvsl::data_loader {

struct ArchiveSeries {
  std::string study_uid, series_uid;  // checked by IsUid
  std::string modality;
  std::optional<std::uint32_t> instances;  // where the archive says how many it has
};

struct ArchiveObject {
  std::string sop_class, sop_instance, transfer_syntax;
};

// Takes the objects of a series one after the other. An error ends the transfer and is what Fetch
// returns.
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;
  virtual Status Begin(const ArchiveObject& object) = 0;
  virtual Status Append(std::string_view bytes) = 0;
  // The object is whole; the archive is told so after OK alone.
  virtual Status End() = 0;
};

// Not thread-safe. UNAVAILABLE and DEADLINE_EXCEEDED may pass (IsTransient); what else: see
// pacs_status.h.
class Archive {
 public:
  virtual ~Archive() = default;
  virtual StatusOr<std::vector<ArchiveSeries>> Find(const ArchiveQuery& query) = 0;
  virtual Status Fetch(const ArchiveSeries& series, ObjectSink& sink) = 0;
};

// Preamble and meta header of a DICOM file, before a data set as it came. DATA_LOSS where a UID is
// none.
StatusOr<std::string> FileHeader(const ArchiveObject& object);

}  // namespace gvsl::data_loader
