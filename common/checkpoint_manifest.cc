#include "common/checkpoint_manifest.h"

#include <exception>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/json_number.h"
#include "common/json_text.h"
#include "common/text.h"

namespace gvsl {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 48;

// nlohmann-json converts any number to any type.
Status CheckNumber(const json& object, const char* key, std::uint64_t limit) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned() ||
      found->get<std::uint64_t>() > limit) {
    return DataLossError(Concat("manifest.json: ", key, " is not a number within its range"));
  }
  return OkStatus();
}

// A later format is not damage.
Status CheckFormat(const json& manifest) {
  GVSL_RETURN_IF_ERROR(
      CheckNumber(manifest, "format_version", std::numeric_limits<std::uint32_t>::max()));
  const auto version = manifest.at("format_version").get<std::uint32_t>();
  if (version == 1) return OkStatus();
  return FailedPreconditionError(
      Concat("manifest.json has format version ", version, "; this program reads 1"));
}

Status CheckNumbers(const json& manifest) {
  for (const char* key : {"width", "slots", "batch_per_slot", "threads"}) {
    GVSL_RETURN_IF_ERROR(CheckNumber(manifest, key, std::numeric_limits<std::uint32_t>::max()));
  }
  for (const char* key : {"step", "seed"}) {
    GVSL_RETURN_IF_ERROR(CheckNumber(manifest, key, std::numeric_limits<std::uint64_t>::max()));
  }
  return OkStatus();
}

Status CheckFiles(const json& manifest) {
  const auto listed = manifest.find("files");
  if (listed == manifest.end() || !listed->is_object()) {
    return DataLossError("manifest.json lists no files");
  }
  for (const auto& [name, file] : listed->items()) {
    if (!IsCheckpointDataFile(name)) {
      return DataLossError("manifest.json lists a file that no checkpoint has");
    }
    if (!file.is_object()) return DataLossError("manifest.json says nothing about " + name);
    GVSL_RETURN_IF_ERROR(CheckNumber(file, "bytes", kMaxFileBytes).WithContext(name));
  }
  return OkStatus();
}

Status CheckQuarantine(const json& manifest) {
  const auto listed = manifest.find("quarantine");
  if (listed == manifest.end()) return OkStatus();
  if (!listed->is_array()) return DataLossError("manifest.json: quarantine is no list");
  for (const auto& entry : *listed) {
    if (!entry.is_object()) return DataLossError("manifest.json: quarantine lists no shards");
    GVSL_RETURN_IF_ERROR(CheckNumber(entry, "shard", std::numeric_limits<std::uint32_t>::max()));
    GVSL_RETURN_IF_ERROR(CheckNumber(entry, "step", std::numeric_limits<std::uint64_t>::max()));
  }
  return OkStatus();
}

CheckpointManifest FromJson(const json& json) {
  CheckpointManifest manifest;
  json.at("format_version").get_to(manifest.format_version);
  json.at("job_uid").get_to(manifest.job_uid);
  json.at("job_name").get_to(manifest.job_name);
  json.at("step").get_to(manifest.step);
  json.at("seed").get_to(manifest.seed);
  manifest.task = json.value("task", manifest.task);
  json.at("method").get_to(manifest.method);
  json.at("width").get_to(manifest.width);
  if (json.contains("classes")) manifest.classes = WholeNumber<std::uint32_t>(json["classes"]);
  if (json.contains("patch")) manifest.patch = WholeNumbers<std::int64_t, 3>(json["patch"]);
  manifest.window = json.value("window", manifest.window);
  manifest.spacing = json.value("spacing", manifest.spacing);
  manifest.numerics = json.value("numerics", manifest.numerics);
  if (json.contains("best_step")) {
    manifest.best_step = WholeNumber<std::uint64_t>(json["best_step"]);
  }
  json.at("slots").get_to(manifest.slots);
  json.at("batch_per_slot").get_to(manifest.batch_per_slot);
  json.at("threads").get_to(manifest.threads);
  json.at("dataset_sha256").get_to(manifest.dataset_sha256);
  json.at("numeric_class").get_to(manifest.numeric_class);
  json.at("version").get_to(manifest.version);
  json.at("lineage_sha256").get_to(manifest.lineage_sha256);
  for (const auto& entry : json.value("quarantine", nlohmann::json::array())) {
    manifest.quarantine.push_back(
        {entry.at("shard").get<std::uint32_t>(), entry.at("step").get<std::uint64_t>()});
  }
  json.at("time").get_to(manifest.time);
  for (const auto& [name, file] : json.at("files").items()) {
    manifest.files[name] = {file.at("bytes").get<std::uint64_t>(),
                            file.at("sha256").get<std::string>()};
  }
  return manifest;
}

}  // namespace

bool IsCheckpointDataFile(std::string_view name) {
  return name == kModelFile || name == kOptimizerFile;
}

std::string CheckpointManifest::WeightsSha256() const {
  const auto file = files.find(kModelFile);
  return file == files.end() ? "" : file->second.sha256;
}

std::uint64_t CheckpointManifest::TotalBytes() const {
  std::uint64_t total = 0;
  for (const auto& [name, file] : files) total += file.bytes;
  return total;
}

std::string ToJson(const CheckpointManifest& manifest) {
  nlohmann::ordered_json json = {
      {"format_version", manifest.format_version},
      {"job_uid", manifest.job_uid},
      {"job_name", manifest.job_name},
      {"step", manifest.step},
      {"seed", manifest.seed},
      {"task", manifest.task},
      {"method", manifest.method},
      {"width", manifest.width},
      {"classes", manifest.classes},
      {"patch", manifest.patch},
      {"window", manifest.window},
      {"spacing", manifest.spacing},
      {"numerics", manifest.numerics},
      {"best_step", manifest.best_step},
      {"slots", manifest.slots},
      {"batch_per_slot", manifest.batch_per_slot},
      {"threads", manifest.threads},
      {"dataset_sha256", manifest.dataset_sha256},
      {"numeric_class", manifest.numeric_class},
      {"version", manifest.version},
      {"lineage_sha256", manifest.lineage_sha256},
      {"quarantine", nlohmann::ordered_json::array()},
      {"time", manifest.time},
      {"files", nlohmann::ordered_json::object()},
  };
  for (const QuarantinedShard& one : manifest.quarantine) {
    json["quarantine"].push_back({{"shard", one.shard}, {"step", one.step}});
  }
  for (const auto& [name, file] : manifest.files) {
    json["files"][name] = {{"bytes", file.bytes}, {"sha256", file.sha256}};
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

StatusOr<CheckpointManifest> ParseCheckpointManifest(std::string_view text) {
  const auto parsed = ParseJson(text);
  if (!parsed.ok()) return parsed.status().WithContext(kManifestFile);
  if (!parsed->is_object()) return DataLossError("manifest.json is not a JSON object");
  GVSL_RETURN_IF_ERROR(CheckFormat(*parsed));
  GVSL_RETURN_IF_ERROR(CheckNumbers(*parsed));
  GVSL_RETURN_IF_ERROR(CheckFiles(*parsed));
  GVSL_RETURN_IF_ERROR(CheckQuarantine(*parsed));
  CheckpointManifest manifest;
  try {
    manifest = FromJson(*parsed);
  } catch (const std::exception& error) {
    return DataLossError(Concat("manifest.json: ", error.what()));
  }
  if (!IsInOrder(manifest.quarantine)) {
    return DataLossError("manifest.json: quarantine is not in order");
  }
  return manifest;
}

}  // namespace gvsl
