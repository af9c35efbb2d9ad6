#include "data_loader/subject_split.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "common/philox.h"
#include "common/text.h"

namespace gvsl::data_loader {
namespace {

struct Part {
  const char* field;
  const std::string& text;
  bool may_be_empty = false;
  bool rest = false;
  bool share = false;
  double asked = 0;        // volumes, not rounded where it is a share
  std::size_t wanted = 0;  // volumes
  std::vector<std::uint32_t> volumes;
};
using Parts = std::array<Part, 3>;

std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  const bool plain = !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
  const char* const end = text.data() + text.size();
  if (!plain || std::from_chars(text.data(), end, value).ptr != end) return std::nullopt;
  return value;
}

Status ParsePart(std::size_t total, Part& part) {
  part.rest = part.text == "rest";
  if (part.rest) return OkStatus();
  part.share = part.text.ends_with('%');
  const std::string digits = part.share ? part.text.substr(0, part.text.size() - 1) : part.text;
  const auto number = ParseNumber(digits);
  const bool whole = number && *number == std::floor(*number) && *number < 1e9;
  if (!number || (part.share ? *number > 100 : !whole)) {
    return RefuseField(part.field,
                       Concat("'", part.text.substr(0, 32), "' is neither a number of volumes, as ",
                              "40, nor a share of them, as 60%, nor rest"));
  }
  if (*number == 0 && !part.may_be_empty) {
    return RefuseField(part.field, "is 0, which only test may be; the nearest is 1");
  }
  part.asked = part.share ? *number / 100 * static_cast<double>(total) : *number;
  return OkStatus();
}

std::string Wanted(std::size_t volumes) {
  return Concat(Plural(volumes, "volume"), volumes == 1 ? " is wanted" : " are wanted");
}

Status CheckSum(const Parts& parts, std::size_t total, const std::string& kind) {
  double left = static_cast<double>(total);
  for (const Part& part : parts) {
    if (part.asked <= left + 1e-6) {
      left -= part.asked;
      continue;
    }
    const auto wanted = static_cast<std::size_t>(std::max(1LL, std::llround(part.asked)));
    const auto found = static_cast<std::size_t>(std::llround(std::max(0.0, left)));
    return RefuseField(
        part.field, found == total ? Concat(Wanted(wanted), ", the dataset has ", total, " ", kind)
                                   : Concat(Wanted(wanted), ", and of the ", total, " ", kind,
                                            " the parts before leave ", found));
  }
  return OkStatus();
}

// Shares are rounded within what numbers leave, so that each part that must have a volume has one.
void RoundShares(Parts& parts, std::size_t total) {
  std::size_t left = total;
  for (Part& part : parts) {
    if (part.share || part.rest) {
      left -= std::min<std::size_t>(left, part.may_be_empty ? 0 : 1);  // kept for it
    } else {
      part.wanted = static_cast<std::size_t>(part.asked);
      left -= std::min(left, part.wanted);
    }
  }
  for (Part& part : parts) {
    if (!part.share) continue;
    const std::size_t kept = part.may_be_empty ? 0 : 1;
    const auto rounded = static_cast<std::size_t>(std::llround(part.asked));
    part.wanted = std::clamp(rounded, kept, left + kept);
    left -= part.wanted - kept;
  }
}

// `order`, so that the subjects of each class (of its first volume) are spread over all of it.
std::vector<std::uint32_t> SpreadClasses(const DatasetManifest& manifest,
                                         const std::vector<std::vector<std::uint32_t>>& subjects,
                                         const std::vector<std::uint32_t>& order) {
  std::map<std::optional<std::int32_t>, std::vector<std::uint32_t>> by_class;
  for (const std::uint32_t subject : order) {
    by_class[manifest.volumes[subjects[subject].front()].class_index].push_back(subject);
  }
  std::vector<std::pair<double, std::uint32_t>> places;
  for (const auto& [label, own] : by_class) {
    for (std::size_t rank = 0; rank < own.size(); ++rank) {
      places.emplace_back((static_cast<double>(rank) + 0.5) / static_cast<double>(own.size()),
                          own[rank]);
    }
  }
  std::ranges::stable_sort(places, {}, &std::pair<double, std::uint32_t>::first);
  std::vector<std::uint32_t> spread;
  for (const auto& [place, subject] : places) spread.push_back(subject);
  return spread;
}

void Deal(const DatasetManifest& manifest, const std::vector<std::uint32_t>& usable,
          std::uint64_t seed, bool by_class, Parts& parts) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> by_subject;
  for (const std::uint32_t index : usable) {
    by_subject[manifest.volumes[index].subject].push_back(index);
  }
  std::vector<std::vector<std::uint32_t>> subjects;
  for (const auto& [subject, volumes] : by_subject) subjects.push_back(volumes);
  Philox draws(seed, DrawPurpose::kSplit, 0, 0);
  auto order = RandomPermutation(draws, static_cast<std::uint32_t>(subjects.size()));
  if (by_class) order = SpreadClasses(manifest, subjects, order);
  const auto take = [](Part& part, std::vector<std::uint32_t>& subject) {
    part.volumes.insert(part.volumes.end(), subject.begin(), subject.end());
    subject.clear();
  };
  for (Part& part : parts) {
    for (const std::uint32_t subject : order) {
      if (part.volumes.size() + subjects[subject].size() > part.wanted) continue;
      take(part, subjects[subject]);
    }
  }
  for (Part& part : parts) {
    for (const std::uint32_t subject : order) {
      if (part.rest) take(part, subjects[subject]);
    }
    std::ranges::sort(part.volumes);
  }
}

Status CheckDealt(const Parts& parts, std::size_t total, const std::string& kind) {
  for (const Part& part : parts) {
    const bool may_be_empty = part.rest ? part.may_be_empty : part.wanted == 0;
    if (!part.volumes.empty() || may_be_empty) continue;
    if (part.rest) {
      return RefuseField(part.field,
                         Concat("nothing is left for it of ", Plural(total, "volume"), " ", kind));
    }
    return RefuseField(
        part.field, Concat(Wanted(part.wanted), " of ", total, " ", kind,
                           "; subjects are not torn apart, and none that is left ", "has so few"));
  }
  return OkStatus();
}

}  // namespace

Status RefuseField(const std::string& field, const std::string& reason) {
  return InvalidArgumentError(Concat(field, ": ", reason)).WithViolation(field, reason);
}

StatusOr<Split> SplitBySubject(const DatasetManifest& manifest,
                               const std::vector<std::uint32_t>& usable,
                               const SplitRequest& request, std::uint64_t seed,
                               const std::string& kind, bool by_class) {
  Parts parts = {Part{"split.train", request.train}, Part{"split.validation", request.validation},
                 Part{"split.test", request.test, /*may_be_empty=*/true}};
  for (Part& part : parts) GVSL_RETURN_IF_ERROR(ParsePart(usable.size(), part));
  if (std::ranges::count_if(parts, &Part::rest) > 1) {
    return RefuseField("split", "only one part can be the rest");
  }
  GVSL_RETURN_IF_ERROR(CheckSum(parts, usable.size(), kind));
  RoundShares(parts, usable.size());
  Deal(manifest, usable, seed, by_class, parts);
  GVSL_RETURN_IF_ERROR(CheckDealt(parts, usable.size(), kind));
  return Split{parts[0].volumes, parts[1].volumes, parts[2].volumes};
}

std::size_t CountSubjects(const DatasetManifest& manifest,
                          const std::vector<std::uint32_t>& volumes) {
  std::set<std::uint32_t> subjects;
  for (const std::uint32_t index : volumes) subjects.insert(manifest.volumes[index].subject);
  return subjects.size();
}

}  // namespace gvsl::data_loader
