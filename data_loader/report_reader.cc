#include "data_loader/report_reader.h"

#include <exception>
#include <optional>

#include <nlohmann/json.hpp>

#include "common/json_text.h"
#include "common/text.h"

namespace gvsl::data_loader {
namespace {

StatusOr<std::string> ReadBeside(FileSystem& files, const std::string& path) {
  if (!files.Exists(path)) return NotFoundError(path + " is not there");
  return ReadFile(files, path);
}

StatusOr<KnownSources> ParseSources(std::string_view text) {
  try {
    GVSL_ASSIGN_OR_RETURN(const nlohmann::json json, ParseJson(text));
    KnownSources known;
    const std::optional<std::string> key = HexDecode(json.at("key").get<std::string>());
    if (!key) return DataLossError("its key is none");
    known.key = *key;
    json.at("sources").get_to(known.paths);
    if (json.contains("subjects")) json.at("subjects").get_to(known.subjects);
    return known;
  } catch (const std::exception& error) {
    return DataLossError(error.what());
  }
}

}  // namespace

StatusOr<IngestReport> ReadReport(FileSystem& files, const std::string& directory) {
  const std::string path = JoinPath(directory, kReportName);
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadBeside(files, path));
  StatusOr<IngestReport> report = ParseReport(text);
  if (!report.ok()) return report.status().WithContext(path);
  return report;
}

StatusOr<KnownSources> ReadSources(FileSystem& files, const std::string& directory) {
  const std::string path = JoinPath(directory, kSourcesName);
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadBeside(files, path));
  StatusOr<KnownSources> known = ParseSources(text);
  if (!known.ok()) return known.status().WithContext(path);
  return known;
}

}  // namespace gvsl::data_loader
