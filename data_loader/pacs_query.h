// What is asked of a hospital's archive: its address, the names of both sides, and which series.
// Pure; values of a query may name a patient, so no error repeats one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/status.h"
#include "data_loader/archive_key.h"

namespace gvsl::data_loader {

struct ArchiveAddress {
  std::string host;
  std::uint16_t port = 0;
};
// HOST:PORT with a port in 1..65535. INVALID_ARGUMENT otherwise, and for an address of IPv6, which
// DCMTK does not connect to (a name may stand for one).
StatusOr<ArchiveAddress> ParseArchiveAddress(std::string_view text);

// The name of an application: 1 to 16 printable ASCII characters without backslash, not all spaces.
// INVALID_ARGUMENT otherwise.
Status CheckAeTitle(std::string_view title);

// All keys hold at once.
struct ArchiveQuery {
  std::vector<ArchiveKey> of_study;
  std::vector<ArchiveKey> of_series;
};

// "Modality=CT,StudyDate=20200101-20201231,StudyDescription=*abdomen*": keywords of DICOM, values
// as C-FIND takes them (* and ? in texts, - in dates, \ between UIDs). A comma that no KEY=
// follows belongs to the value. INVALID_ARGUMENT names the key that is unknown, with the nearest
// known, twice there, or without a possible value.
StatusOr<ArchiveQuery> ParseArchiveQuery(std::string_view text);

// The data set of a C-FIND request: tags ascending, the ones that are asked for empty.
using Identifier = std::vector<std::pair<DicomTag, std::string>>;
Identifier StudyIdentifier(const ArchiveQuery& query);
Identifier SeriesIdentifier(const ArchiveQuery& query, const std::string& study_uid);
Identifier RetrieveIdentifier(const std::string& study_uid, const std::string& series_uid);

}  // namespace gvsl::data_loader
