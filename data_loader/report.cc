#include "data_loader/report.h"

#include <sys/random.h>
#include <cerrno>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "common/sha256.h"
#include "common/text.h"

namespace gvsl::data_loader {
namespace {

using Json = nlohmann::json;

// Paths are bytes; JSON is UTF-8.
std::string Dump(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json ToJsonArray(const std::vector<Rejection>& warnings) {
  Json json = Json::array();
  for (const Rejection& warning : warnings) {
    json.push_back({{"code", warning.code}, {"reason", warning.reason}});
  }
  return json;
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
    json["rejected"].push_back({{"source", volume.source},
                                {"code", volume.rejection.code},
                                {"reason", volume.rejection.reason}});
  }
  return Dump(json);
}

std::string SourceBook::Name(const std::string& path) {
  const std::string name = HmacSha256Hex(key_, path).substr(0, 32);
  paths_[name] = path;
  return name;
}

std::string SourceBook::ToJson() const {
  return Dump({{"format_version", 1}, {"key", HexEncode(key_)}, {"sources", paths_}});
}

std::string RandomKey() {
  std::string key(32, '\0');
  while (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    if (errno != EINTR) std::abort();
  }
  return key;
}

}  // namespace gvsl::data_loader
