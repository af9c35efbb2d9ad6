#include "data_loader/archive_key.h"

#include <algorithm>
#include <array>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

enum class Kind { kText, kCode, kDate, kUid, kNumber };
struct KnownKey {
  std::string_view name;
  DicomTag tag;
  Kind kind;
  bool of_study;
};
constexpr std::array kKnownKeys{
    KnownKey{"StudyDate", 0x00080020, Kind::kDate, true},
    KnownKey{"SeriesDate", 0x00080021, Kind::kDate, false},
    KnownKey{"AccessionNumber", 0x00080050, Kind::kText, true},
    KnownKey{"Modality", tag::kModality, Kind::kCode, false},
    KnownKey{"ModalitiesInStudy", tag::kModalitiesInStudy, Kind::kCode, true},
    KnownKey{"StudyDescription", 0x00081030, Kind::kText, true},
    KnownKey{"SeriesDescription", 0x0008103e, Kind::kText, false},
    KnownKey{"PatientName", 0x00100010, Kind::kText, true},
    KnownKey{"PatientID", 0x00100020, Kind::kText, true},
    KnownKey{"PatientBirthDate", 0x00100030, Kind::kDate, true},
    KnownKey{"PatientSex", 0x00100040, Kind::kCode, true},
    KnownKey{"BodyPartExamined", 0x00180015, Kind::kCode, false},
    KnownKey{"ProtocolName", 0x00181030, Kind::kText, false},
    KnownKey{"StudyInstanceUID", tag::kStudyUid, Kind::kUid, true},
    KnownKey{"SeriesInstanceUID", tag::kSeriesUid, Kind::kUid, false},
    KnownKey{"StudyID", 0x00200010, Kind::kText, true},
    KnownKey{"SeriesNumber", 0x00200011, Kind::kNumber, false},
};

bool IsDigit(char letter) { return letter >= '0' && letter <= '9'; }
bool AllDigits(std::string_view text) { return std::all_of(text.begin(), text.end(), IsDigit); }

bool IsDateOrNothing(std::string_view text) {
  return text.empty() || (text.size() == 8 && AllDigits(text));
}

bool IsDateRange(std::string_view text) {
  const auto ends = SplitText(text, '-');
  return text.size() >= 8 && ends.size() <= 2 &&
         std::all_of(ends.begin(), ends.end(), IsDateOrNothing) &&
         (ends.back().empty() || ends.front() <= ends.back());
}

bool IsCode(std::string_view text) {
  return !text.empty() && text.size() <= 16 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || IsDigit(c) || c == ' ' || c == '_' || c == '*' || c == '?';
  });
}

bool IsText(std::string_view text) {
  return text.size() <= 64 && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\';
         });
}

std::string_view WhatIsWrong(Kind kind, std::string_view value) {
  const auto parts = SplitText(value, '\\');
  switch (kind) {
    case Kind::kDate:
      return IsDateRange(value) ? "" : "needs a date or a range: 20200131, 20200101-20201231";
    case Kind::kUid:
      return std::all_of(parts.begin(), parts.end(), IsUid) ? "" : "needs UIDs, with \\ between";
    case Kind::kNumber:
      return AllDigits(value) && value.size() <= 12 ? "" : "needs a number";
    case Kind::kCode:
      return std::all_of(parts.begin(), parts.end(), IsCode)
                 ? ""
                 : "needs a code of up to 16 capital letters, digits, spaces and _ (or * and ?)";
    case Kind::kText:
      return IsText(value) ? "" : "needs a text of up to 64 bytes, without \\";
  }
  return "";
}

const KnownKey* Known(std::string_view name) {
  const auto* const found = std::find_if(kKnownKeys.begin(), kKnownKeys.end(),
                                         [&](const KnownKey& key) { return key.name == name; });
  return found == kKnownKeys.end() ? nullptr : found;
}

// In as many steps at most as both have letters, multiplied: the text comes from elsewhere.
bool MatchesWildcard(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, star = std::string_view::npos, retry = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      retry = i;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[i])) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

bool IsInRange(std::string_view range, std::string_view date) {
  const auto ends = SplitText(range, '-');
  if (ends.size() == 1) return date == range;
  return (ends[0].empty() || date >= ends[0]) && (ends[1].empty() || date <= ends[1]);
}

}  // namespace

std::vector<std::string_view> SplitText(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool IsUid(std::string_view text) {
  return !text.empty() && text.size() <= 64 && IsDigit(text.front()) && IsDigit(text.back()) &&
         text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || c == '.'; });
}

StatusOr<ArchiveKey> ParseArchiveKey(std::string_view text) {
  const std::size_t equals = text.find('=');
  ArchiveKey key;
  key.name = text.substr(0, equals);
  if (equals == std::string_view::npos) {
    return InvalidArgumentError("--query: needs KEY=VALUE, as Modality=CT");
  }
  const KnownKey* const known = Known(key.name);
  if (known == nullptr) {
    std::vector<std::string> names;
    for (const KnownKey& one : kKnownKeys) names.emplace_back(one.name);
    return InvalidArgumentError(Concat("--query: there is no key ", key.name, "; the nearest is ",
                                       NearestWord(key.name, names), ". Known are ",
                                       Join(names, ", ")));
  }
  key.tag = known->tag;
  key.of_study = known->of_study;
  key.value = text.substr(equals + 1);
  if (key.value.empty())
    return InvalidArgumentError(Concat("--query: ", key.name, " has no value"));
  if (const std::string_view wrong = WhatIsWrong(known->kind, key.value); !wrong.empty()) {
    return InvalidArgumentError(Concat("--query: ", key.name, " ", wrong));
  }
  // C-FIND has no lists of codes: the archive is asked for all, and Contradicts chooses.
  const bool is_list = known->kind == Kind::kCode && key.value.find('\\') != std::string::npos;
  key.asked = is_list ? "" : key.value;
  return key;
}

namespace {

// A whole number as all write it.
std::string_view Bare(std::string_view number) {
  const std::size_t end = number.find_last_not_of(' ');
  number = number.substr(0, end == std::string_view::npos ? 0 : end + 1);
  return number.substr(std::min(number.find_first_not_of(" +0"), number.size()));
}

}  // namespace

bool Contradicts(const ArchiveKey& key, std::string_view answered) {
  const KnownKey* const known = Known(key.name);
  if (known == nullptr || answered.empty()) return false;
  if (known->kind == Kind::kDate) return !IsInRange(key.value, answered);
  if (known->kind == Kind::kNumber) return Bare(key.value) != Bare(answered);
  if (known->kind != Kind::kCode && known->kind != Kind::kUid) return false;
  const auto wanted = SplitText(key.value, '\\');
  const auto values = SplitText(answered, '\\');
  return std::none_of(wanted.begin(), wanted.end(), [&](std::string_view pattern) {
    return std::any_of(values.begin(), values.end(),
                       [&](std::string_view value) { return MatchesWildcard(pattern, value); });
  });
}

}  // namespace gvsl::data_loader
