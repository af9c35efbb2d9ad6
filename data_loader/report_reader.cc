#include "data_loader/report_reader.h"

#include <nlohmann/json.hpp>

#include "common/json_text.h"
#include "common/text.h"

namespace gvsl::data_loader {
namespace {

using Json = nlohmann::json;

std::string TextOf(const Json& json, const char* key, const char* otherwise = "") {
  const bool has = json.is_object() && json.contains(key) && json[key].is_string();
  return has ? json[key].get<std::string>() : otherwise;
}

const Json& ListOf(const Json& json, const char* key) {
  static const auto& none = *new Json(Json::array());
  return json.is_object() && json.contains(key) && json[key].is_array() ? json[key] : none;
}

Rejection RemarkOf(const Json& json) {
  return {TextOf(json, "code", "UNKNOWN"), TextOf(json, "reason"), ""};
}

std::vector<Rejection> RemarksOf(const Json& json) {
  std::vector<Rejection> remarks;
  for (const Json& remark : ListOf(json, "warnings")) remarks.push_back(RemarkOf(remark));
  return remarks;
}

}  // namespace

StatusOr<IngestReport> ParseReport(std::string_view text) {
  GVSL_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  if (!json.is_object()) return DataLossError("no JSON object");
  IngestReport report;
  report.dataset_sha256 = TextOf(json, "dataset_sha256");
  for (const Json& volume : ListOf(json, "accepted")) {
    report.accepted.push_back(
        {TextOf(volume, "id"), TextOf(volume, "source"), false, RemarksOf(volume)});
    if (volume.is_object())
      report.accepted.back().labelled = volume.value("labelled", Json()) == true;
  }
  for (const Json& rejected : ListOf(json, "rejected")) {
    report.rejected.push_back({TextOf(rejected, "source"), RemarkOf(rejected)});
  }
  if (json.contains("ignored_files") && json["ignored_files"].is_number_unsigned()) {
    report.ignored_files = json["ignored_files"].get<std::uint64_t>();
  }
  report.warnings = RemarksOf(json);
  return report;
}

StatusOr<IngestReport> ReadReport(FileSystem& files, const std::string& directory) {
  const std::string path = JoinPath(directory, kReportName);
  if (!files.Exists(path)) return NotFoundError(path + " is not there");
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadFile(files, path));
  StatusOr<IngestReport> report = ParseReport(text);
  if (!report.ok()) return report.status().WithContext(path);
  return report;
}

StatusOr<std::map<std::string, std::string>> ReadSources(FileSystem& files,
                                                         const std::string& directory) {
  const std::string path = JoinPath(directory, kSourcesName);
  if (!files.Exists(path)) return NotFoundError(path + " is not there");
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadFile(files, path));
  const StatusOr<Json> json = ParseJson(text);
  if (!json.ok()) return json.status().WithContext(path);
  std::map<std::string, std::string> sources;
  if (!json->is_object() || !json->contains("sources")) return sources;
  for (const auto& [name, source] : (*json)["sources"].items()) {
    if (source.is_string()) sources[name] = source.get<std::string>();
  }
  return sources;
}

}  // namespace gvsl::data_loader
