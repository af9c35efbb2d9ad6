#include "model/register/register_report.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "common/philox.h"

namespace gvsl::model {

StatusOr<std::vector<RegisteredPair>> DrawPairs(const data_loader::DatasetManifest& manifest,
                                                std::size_t count, std::uint64_t seed) {
  std::vector<std::uint32_t> labelled;
  std::map<std::uint32_t, std::size_t> volumes_of_subject;
  for (std::uint32_t k = 0; k < manifest.volumes.size(); ++k) {
    if (!manifest.volumes[k].label_sha256) continue;
    labelled.push_back(k);
    ++volumes_of_subject[manifest.volumes[k].subject];
  }
  std::size_t possible = labelled.size() * labelled.size();
  for (const auto& [subject, volumes] : volumes_of_subject) possible -= volumes * volumes;
  if (possible == 0) {
    return FailedPreconditionError("the dataset has no two labelled volumes of different subjects");
  }
  Philox draws(seed, DrawPurpose::kPairing, 0, 0);
  const auto any = [&] { return labelled[draws.NextBelow(labelled.size())]; };
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
  std::vector<RegisteredPair> pairs;
  while (pairs.size() < std::min(count, possible)) {
    const std::uint32_t a = any();
    const std::uint32_t b = any();
    if (manifest.volumes[a].subject == manifest.volumes[b].subject) continue;
    if (!seen.emplace(a, b).second) continue;
    pairs.push_back({a, b, manifest.volumes[a].id, manifest.volumes[b].id, 0, 0});
  }
  return pairs;
}

RegisterSummary Summarize(const std::vector<RegisteredPair>& pairs) {
  RegisterSummary summary;
  const double n = static_cast<double>(pairs.size());
  if (pairs.empty()) return summary;
  for (const RegisteredPair& pair : pairs) {
    summary.dsc_before += pair.dsc_before / n;
    summary.dsc_after += pair.dsc_after / n;
  }
  summary.gain = summary.dsc_after - summary.dsc_before;
  double squares = 0;
  for (const RegisteredPair& pair : pairs) {
    const double off = pair.dsc_after - pair.dsc_before - summary.gain;
    squares += off * off;
  }
  if (pairs.size() > 1) summary.gain_spread = std::sqrt(squares / (n - 1) / n);
  return summary;
}

std::string ToJson(const std::vector<RegisteredPair>& pairs) {
  const RegisterSummary summary = Summarize(pairs);
  nlohmann::ordered_json json;
  json["pairs"] = nlohmann::ordered_json::array();
  for (const RegisteredPair& pair : pairs) {
    json["pairs"].push_back({{"a", pair.a},
                             {"b", pair.b},
                             {"a_id", pair.a_id},
                             {"b_id", pair.b_id},
                             {"dsc_before", pair.dsc_before},
                             {"dsc_after", pair.dsc_after}});
  }
  json["dsc_before"] = summary.dsc_before;
  json["dsc_after"] = summary.dsc_after;
  json["gain"] = summary.gain;
  json["gain_spread"] = summary.gain_spread;
  return json.dump();
}

std::string ToTable(const std::vector<RegisteredPair>& pairs) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(4);
  out << "fixed  moving  DSC before  DSC after     gain\n";
  for (const RegisteredPair& pair : pairs) {
    out << std::setw(5) << pair.a << "  " << std::setw(6) << pair.b << "  " << std::setw(10)
        << pair.dsc_before << "  " << std::setw(9) << pair.dsc_after << "  " << std::showpos
        << std::setw(7) << pair.dsc_after - pair.dsc_before << std::noshowpos << "\n";
  }
  const RegisterSummary summary = Summarize(pairs);
  out << "mean DSC of " << pairs.size() << " pairs: " << summary.dsc_before
      << " without alignment, " << summary.dsc_after << " with; gain " << std::showpos
      << summary.gain << std::noshowpos << ", standard error " << summary.gain_spread << "\n";
  return out.str();
}

}  // namespace gvsl::model
