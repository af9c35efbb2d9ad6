#include "model/register/register_report.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <sstream>
#include <utility>

#include "common/philox.h"

namespace gvsl::model {
namespace {

using PairIndices = std::vector<std::uint32_t>;

// How many ordered pairs of different subjects there are among `volumes`.
std::size_t PossiblePairs(const data_loader::DatasetManifest& manifest,
                          const PairIndices& volumes) {
  std::map<std::uint32_t, std::size_t> volumes_of_subject;
  for (const std::uint32_t k : volumes) ++volumes_of_subject[manifest.volumes[k].subject];
  std::size_t possible = volumes.size() * volumes.size();
  for (const auto& [subject, count] : volumes_of_subject) possible -= count * count;
  return possible;
}

BeforeAfter Compare(const std::vector<double>& before, const std::vector<double>& after) {
  BeforeAfter result;
  const double n = static_cast<double>(before.size());
  for (std::size_t k = 0; k < before.size(); ++k) {
    result.before += before[k] / n;
    result.after += after[k] / n;
  }
  result.gain = result.after - result.before;
  double squares = 0;
  for (std::size_t k = 0; k < before.size(); ++k) {
    const double off = after[k] - before[k] - result.gain;
    squares += off * off;
  }
  if (before.size() > 1) result.gain_spread = std::sqrt(squares / (n - 1) / n);
  return result;
}

template <typename T>
nlohmann::ordered_json OrNull(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

void AddMeans(const std::string& measure, const std::optional<BeforeAfter>& means,
              nlohmann::ordered_json& json) {
  const auto add = [&](const char* name, double BeforeAfter::*member) {
    json[measure + name] = means ? nlohmann::ordered_json((*means).*member) : nullptr;
  };
  add("_before", &BeforeAfter::before);
  add("_after", &BeforeAfter::after);
  add("_gain", &BeforeAfter::gain);
  add("_gain_spread", &BeforeAfter::gain_spread);
}

void PrintRow(double before, double after, std::ostringstream& out) {
  out << "  " << std::setw(6) << before << "  " << std::setw(6) << after << "  " << std::showpos
      << std::setw(7) << after - before << std::noshowpos;
}

void PrintMeans(const std::string& measure, std::size_t pairs, const BeforeAfter& means,
                std::ostringstream& out) {
  out << "mean " << measure << " of " << pairs << " pairs: " << means.before
      << " without alignment, " << means.after << " with; gain " << std::showpos << means.gain
      << std::noshowpos << ", standard error " << means.gain_spread << "\n";
}

}  // namespace

StatusOr<std::vector<RegisteredPair>> DrawPairs(const data_loader::DatasetManifest& manifest,
                                                std::size_t count, std::uint64_t seed) {
  PairIndices volumes;
  for (std::uint32_t k = 0; k < manifest.volumes.size(); ++k) {
    if (manifest.volumes[k].label_sha256) volumes.push_back(k);
  }
  if (PossiblePairs(manifest, volumes) == 0) {
    volumes.resize(manifest.volumes.size());
    std::iota(volumes.begin(), volumes.end(), 0);
  }
  const std::size_t possible = PossiblePairs(manifest, volumes);
  if (possible == 0) {
    return FailedPreconditionError("the dataset has no two volumes of different subjects");
  }
  Philox draws(seed, DrawPurpose::kPairing, 0, 0);
  const auto any = [&] { return volumes[draws.NextBelow(volumes.size())]; };
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
  std::vector<RegisteredPair> pairs;
  while (pairs.size() < std::min(count, possible)) {
    const std::uint32_t a = any();
    const std::uint32_t b = any();
    if (manifest.volumes[a].subject == manifest.volumes[b].subject) continue;
    if (!seen.emplace(a, b).second) continue;
    RegisteredPair& pair = pairs.emplace_back();
    pair.a = a;
    pair.b = b;
    pair.a_id = manifest.volumes[a].id;
    pair.b_id = manifest.volumes[b].id;
  }
  return pairs;
}

RegisterSummary Summarize(const std::vector<RegisteredPair>& pairs) {
  std::vector<double> ncc_before, ncc_after, dsc_before, dsc_after;
  for (const RegisteredPair& pair : pairs) {
    ncc_before.push_back(pair.ncc_before);
    ncc_after.push_back(pair.ncc_after);
    if (!pair.dsc_before || !pair.dsc_after) continue;
    dsc_before.push_back(*pair.dsc_before);
    dsc_after.push_back(*pair.dsc_after);
  }
  RegisterSummary summary;
  summary.ncc = Compare(ncc_before, ncc_after);
  if (!dsc_before.empty()) summary.dsc = Compare(dsc_before, dsc_after);
  return summary;
}

std::string ToJson(const std::vector<RegisteredPair>& pairs) {
  nlohmann::ordered_json json;
  json["pairs"] = nlohmann::ordered_json::array();
  for (const RegisteredPair& pair : pairs) {
    json["pairs"].push_back({{"a", pair.a},
                             {"b", pair.b},
                             {"a_id", pair.a_id},
                             {"b_id", pair.b_id},
                             {"ncc_before", pair.ncc_before},
                             {"ncc_after", pair.ncc_after},
                             {"dsc_before", OrNull(pair.dsc_before)},
                             {"dsc_after", OrNull(pair.dsc_after)}});
  }
  const RegisterSummary summary = Summarize(pairs);
  AddMeans("ncc", summary.ncc, json);
  AddMeans("dsc", summary.dsc, json);
  return json.dump();
}

std::string ToTable(const std::vector<RegisteredPair>& pairs) {
  const RegisterSummary summary = Summarize(pairs);
  std::ostringstream out;
  out << std::fixed << std::setprecision(4);
  out << "fixed  moving  NCC before   after     gain"
      << (summary.dsc ? "  DSC before   after     gain\n" : "\n");
  for (const RegisteredPair& pair : pairs) {
    out << std::setw(5) << pair.a << "  " << std::setw(6) << pair.b << "    ";
    PrintRow(pair.ncc_before, pair.ncc_after, out);
    if (pair.dsc_before && pair.dsc_after) {
      out << "    ";
      PrintRow(*pair.dsc_before, *pair.dsc_after, out);
    }
    out << "\n";
  }
  PrintMeans("NCC", pairs.size(), summary.ncc, out);
  if (summary.dsc) PrintMeans("DSC", pairs.size(), *summary.dsc, out);
  return out.str();
}

}  // namespace gvsl::model
