// The keys by which series are asked for: DICOM's keywords, their values as C-FIND takes them.
// Pure; values may name a patient, so no error repeats one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"

namespace gvsl::data_loader {

using DicomTag = std::uint32_t;  // group << 16 | element
struct ArchiveKey {
  std::string name;
  DicomTag tag = 0;
  bool of_study = false;  // else of a series
  std::string value;
  std::string asked;  // of the archive: the value, or nothing where this side has to choose
};

namespace tag {
inline constexpr DicomTag kCharacterSet = 0x00080005;
inline constexpr DicomTag kLevel = 0x00080052;
inline constexpr DicomTag kModality = 0x00080060;
inline constexpr DicomTag kModalitiesInStudy = 0x00080061;
inline constexpr DicomTag kStudyUid = 0x0020000d;
inline constexpr DicomTag kSeriesUid = 0x0020000e;
inline constexpr DicomTag kInstancesOfSeries = 0x00201209;
}  // namespace tag

// KEY=VALUE. INVALID_ARGUMENT: the key is unknown, and which known one is nearest; or its value is
// empty or impossible.
StatusOr<ArchiveKey> ParseArchiveKey(std::string_view text);

// Whether a value that an archive answered is none that was asked for: archives leave out keys that
// they do not know, and then answer with everything. Only of codes, dates and UIDs; an empty answer
// says nothing.
bool Contradicts(const ArchiveKey& key, std::string_view answered);

// 1 to 64 digits and dots, as DICOM's UIDs are, which also makes it a harmless file name.
bool IsUid(std::string_view text);

// At least one part, possibly empty.
std::vector<std::string_view> SplitText(std::string_view text, char separator);

}  // namespace gvsl::data_loader
