#include "data_loader/report.h"

#include <sys/random.h>
#include <cerrno>
#include <cstdlib>
#include <exception>

#include <nlohmann/json.hpp>

#include "common/json_number.h"
#include "common/json_text.h"
#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/rejection_json.h"

namespace gvsl::data_loader {
namespace {

using Json = nlohmann::json;

// Paths are bytes; JSON is UTF-8.
std::string Dump(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

IngestReport FromJson(const Json& json) {
  IngestReport report;
  report.dataset_sha256 = json.at("dataset_sha256").get<std::string>();
  for (const Json& volume : json.at("accepted")) {
    report.accepted.push_back(
        {volume.at("id").get<std::string>(), volume.at("source").get<std::string>(),
         volume.at("labelled").get<bool>(), RejectionsFromJson(volume.at("warnings"))});
  }
  for (const Json& volume : json.at("rejected")) {
    report.rejected.push_back({volume.at("source").get<std::string>(), RejectionFromJson(volume)});
  }
  report.ignored_files = WholeNumber<std::uint64_t>(json.at("ignored_files"));
  report.warnings = RejectionsFromJson(json.at("warnings"));
  return report;
}

}  // namespace

std::string ToJson(const IngestReport& report) {
  Json json = {{"format_version", 1},
               {"dataset_sha256", report.dataset_sha256},
               {"accepted", Json::array()},
               {"rejected", Json::array()},
               {"ignored_files", report.ignored_files},
               {"warnings", ToJsonArray(report.warnings)}};
  for (const AcceptedVolume& volume : report.accepted) {
    json["accepted"].push_back({{"id", volume.id},
                                {"source", volume.source},
                                {"labelled", volume.labelled},
                                {"warnings", ToJsonArray(volume.warnings)}});
  }
  for (const RejectedVolume& volume : report.rejected) {
    json["rejected"].push_back(ToJsonObject(volume.rejection));
    json["rejected"].back()["source"] = volume.source;
  }
  return Dump(json);
}

StatusOr<IngestReport> ParseReport(std::string_view text) {
  try {
    GVSL_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
    return FromJson(json);
  } catch (const std::exception& error) {
    return DataLossError(Concat("report: ", error.what()));
  }
}

std::string SourceBook::Name(const std::string& path) {
  const std::string name = HmacSha256Hex(key_, path).substr(0, 32);
  paths_[name] = path;
  return name;
}

std::string SourceBook::ToJson() const {
  return Dump({{"format_version", 1},
               {"key", HexEncode(key_)},
               {"sources", paths_},
               {"subjects", subjects_}});
}

std::string RandomKey() {
  std::string key(32, '\0');
  while (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    if (errno != EINTR) std::abort();
  }
  return key;
}

}  // namespace gvsl::data_loader
