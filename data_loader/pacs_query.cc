#include "data_loader/pacs_query.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

bool BeginsKey(std::string_view part) {
  const std::string_view name = part.substr(0, part.find('='));
  return name.size() < part.size() && !name.empty() &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 && c < 0x80; });
}

Identifier Sorted(std::map<DicomTag, std::string> values) {
  for (const auto& [tag, value] : values) {
    const bool is_ascii =
        std::all_of(value.begin(), value.end(), [](unsigned char letter) { return letter < 0x80; });
    if (!is_ascii) {
      values[tag::kCharacterSet] = "ISO_IR 192";
      break;
    }
  }
  return {values.begin(), values.end()};
}

}  // namespace

StatusOr<ArchiveAddress> ParseArchiveAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const Status wrong = InvalidArgumentError("--pacs: needs HOST:PORT, as archive.example:104");
  if (colon == std::string_view::npos || colon == 0) return wrong;
  ArchiveAddress address{std::string(text.substr(0, colon)), 0};
  if (address.host.find_first_of(":[] /") != std::string::npos) {
    return InvalidArgumentError("--pacs: needs HOST:PORT with a name or an IPv4 address as HOST");
  }
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size() || address.port == 0) return wrong;
  return address;
}

Status CheckAeTitle(std::string_view title) {
  const bool printable = std::all_of(title.begin(), title.end(),
                                     [](char c) { return c >= ' ' && c < 0x7f && c != '\\'; });
  if (title.empty() || title.size() > 16 || !printable ||
      title.find_first_not_of(' ') == std::string_view::npos) {
    return InvalidArgumentError("needs 1 to 16 printable ASCII characters, without backslash");
  }
  return OkStatus();
}

StatusOr<ArchiveQuery> ParseArchiveQuery(std::string_view text) {
  std::vector<std::string> parts;
  for (const std::string_view part : SplitText(text, ',')) {
    if (parts.empty() || BeginsKey(part)) {
      parts.emplace_back(part);
    } else {
      parts.back() += Concat(",", part);
    }
  }
  ArchiveQuery query;
  for (const std::string& part : parts) {
    GVSL_ASSIGN_OR_RETURN(const ArchiveKey key, ParseArchiveKey(part));
    std::vector<ArchiveKey>& keys = key.of_study ? query.of_study : query.of_series;
    if (std::any_of(keys.begin(), keys.end(),
                    [&](const auto& other) { return other.tag == key.tag; })) {
      return InvalidArgumentError(Concat("--query: ", key.name, " stands there twice"));
    }
    keys.push_back(key);
  }
  return query;
}

Identifier StudyIdentifier(const ArchiveQuery& query) {
  std::map<DicomTag, std::string> values{{tag::kLevel, "STUDY"}, {tag::kStudyUid, ""}};
  for (const ArchiveKey& key : query.of_series) {  // spares the archive studies without such series
    if (key.tag == tag::kModality) values[tag::kModalitiesInStudy] = key.asked;
  }
  for (const ArchiveKey& key : query.of_study) values[key.tag] = key.asked;
  return Sorted(std::move(values));
}

Identifier SeriesIdentifier(const ArchiveQuery& query, const std::string& study_uid) {
  std::map<DicomTag, std::string> values{{tag::kLevel, "SERIES"},
                                         {tag::kModality, ""},
                                         {tag::kStudyUid, study_uid},
                                         {tag::kSeriesUid, ""},
                                         {tag::kInstancesOfSeries, ""}};
  for (const ArchiveKey& key : query.of_series) values[key.tag] = key.asked;
  return Sorted(std::move(values));
}

Identifier RetrieveIdentifier(const std::string& study_uid, const std::string& series_uid) {
  return {{tag::kLevel, "SERIES"}, {tag::kStudyUid, study_uid}, {tag::kSeriesUid, series_uid}};
}

}  // namespace gvsl::data_loader
