#include "common/checkpoint_directory.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/sha256.h"
#include "common/text.h"

namespace gvsl {
namespace {

constexpr std::string_view kStepPrefix = "step-";
constexpr char kManifestFile[] = "manifest.json";
constexpr char kModelFile[] = "model.safetensors";

std::string PaddedStep(std::uint64_t step) {
  char digits[24];
  std::snprintf(digits, sizeof(digits), "%09llu", static_cast<unsigned long long>(step));
  return digits;
}

std::optional<std::uint64_t> ParseCheckpointName(const std::string& name) {
  if (!name.starts_with(kStepPrefix)) return std::nullopt;
  const std::string digits = name.substr(kStepPrefix.size());
  if (digits.size() < 9 || digits.size() > 18) return std::nullopt;
  if (!std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c); })) {
    return std::nullopt;
  }
  return std::stoull(digits);
}

Status CheckFile(FileSystem& files, const std::string& path, const std::string& name,
                 const CheckpointFile& expected) {
  auto file = files.Map(path);
  if (!file.ok()) return DataLossError(Concat(name, " cannot be read: ", file.status().message()));
  const std::string_view bytes = (*file)->bytes();
  if (bytes.size() != expected.bytes) {
    return DataLossError(
        Concat(name, " has ", bytes.size(), " bytes; the manifest says ", expected.bytes));
  }
  if (Sha256Hex(bytes) != expected.sha256) {
    return DataLossError(Concat(name, " does not have the SHA-256 that the manifest says"));
  }
  return OkStatus();
}

CheckpointManifest FromJson(const nlohmann::json& json) {
  CheckpointManifest manifest;
  json.at("format_version").get_to(manifest.format_version);
  json.at("job_uid").get_to(manifest.job_uid);
  json.at("job_name").get_to(manifest.job_name);
  json.at("step").get_to(manifest.step);
  json.at("seed").get_to(manifest.seed);
  json.at("method").get_to(manifest.method);
  json.at("width").get_to(manifest.width);
  json.at("slots").get_to(manifest.slots);
  json.at("batch_per_slot").get_to(manifest.batch_per_slot);
  json.at("threads").get_to(manifest.threads);
  json.at("dataset_sha256").get_to(manifest.dataset_sha256);
  json.at("numeric_class").get_to(manifest.numeric_class);
  json.at("version").get_to(manifest.version);
  json.at("lineage_sha256").get_to(manifest.lineage_sha256);
  json.at("time").get_to(manifest.time);
  for (const auto& [name, file] : json.at("files").items()) {
    manifest.files[name] = {file.at("bytes").get<std::uint64_t>(),
                            file.at("sha256").get<std::string>()};
  }
  return manifest;
}

}  // namespace

std::string CheckpointManifest::WeightsSha256() const {
  const auto file = files.find(kModelFile);
  return file == files.end() ? "" : file->second.sha256;
}

std::uint64_t CheckpointManifest::TotalBytes() const {
  std::uint64_t total = 0;
  for (const auto& [name, file] : files) total += file.bytes;
  return total;
}

std::string CheckpointName(std::uint64_t step) {
  return std::string(kStepPrefix) + PaddedStep(step);
}

std::string LineageName(std::uint64_t begin, std::uint64_t end) {
  return Concat("lineage-", PaddedStep(begin), "-", PaddedStep(end), ".safetensors");
}

std::string ToJson(const CheckpointManifest& manifest) {
  nlohmann::ordered_json json = {
      {"format_version", manifest.format_version},
      {"job_uid", manifest.job_uid},
      {"job_name", manifest.job_name},
      {"step", manifest.step},
      {"seed", manifest.seed},
      {"method", manifest.method},
      {"width", manifest.width},
      {"slots", manifest.slots},
      {"batch_per_slot", manifest.batch_per_slot},
      {"threads", manifest.threads},
      {"dataset_sha256", manifest.dataset_sha256},
      {"numeric_class", manifest.numeric_class},
      {"version", manifest.version},
      {"lineage_sha256", manifest.lineage_sha256},
      {"time", manifest.time},
      {"files", nlohmann::ordered_json::object()},
  };
  for (const auto& [name, file] : manifest.files) {
    json["files"][name] = {{"bytes", file.bytes}, {"sha256", file.sha256}};
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

StatusOr<CheckpointManifest> ParseCheckpointManifest(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return DataLossError("manifest.json is not a JSON object");
  CheckpointManifest manifest;
  try {
    manifest = FromJson(json);
  } catch (const nlohmann::json::exception& error) {
    return DataLossError(Concat("manifest.json: ", error.what()));
  }
  if (manifest.format_version != 1) {
    return DataLossError(
        Concat("manifest.json has format version ", manifest.format_version, "; this is 1"));
  }
  return manifest;
}

StatusOr<std::vector<std::uint64_t>> ListCheckpointSteps(FileSystem& files,
                                                         const std::string& directory) {
  std::vector<std::uint64_t> steps;
  if (!files.IsDirectory(directory)) return steps;
  GVSL_ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(directory));
  for (const std::string& name : names) {
    const auto step = ParseCheckpointName(name);
    if (step && files.Exists(JoinPath(JoinPath(directory, name), kManifestFile))) {
      steps.push_back(*step);
    }
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

StatusOr<CheckpointManifest> ReadCheckpointManifest(FileSystem& files, const std::string& directory,
                                                    std::uint64_t step) {
  const std::string name = CheckpointName(step);
  GVSL_ASSIGN_OR_RETURN(const std::string text,
                        ReadFile(files, JoinPath(JoinPath(directory, name), kManifestFile)));
  auto manifest = ParseCheckpointManifest(text);
  if (!manifest.ok()) return manifest.status().WithContext(name);
  if (manifest->step != step) {
    return DataLossError(Concat(name, ": manifest.json says step ", manifest->step));
  }
  return manifest;
}

StatusOr<CheckpointManifest> VerifyCheckpoint(FileSystem& files, const std::string& directory,
                                              std::uint64_t step) {
  GVSL_ASSIGN_OR_RETURN(CheckpointManifest manifest,
                        ReadCheckpointManifest(files, directory, step));
  const std::string name = CheckpointName(step);
  if (manifest.WeightsSha256().empty()) {
    return DataLossError(Concat(name, ": manifest.json lists no ", kModelFile));
  }
  for (const auto& [file_name, file] : manifest.files) {
    const std::string path = JoinPath(JoinPath(directory, name), file_name);
    GVSL_RETURN_IF_ERROR(CheckFile(files, path, file_name, file).WithContext(name));
  }
  return manifest;
}

Status CheckCheckpointOwner(FileSystem& files, const std::string& directory,
                            const std::string& job_uid) {
  GVSL_ASSIGN_OR_RETURN(const auto steps, ListCheckpointSteps(files, directory));
  for (const std::uint64_t step : steps) {
    const auto manifest = ReadCheckpointManifest(files, directory, step);
    if (!manifest.ok() || manifest->job_uid == job_uid) continue;
    return FailedPreconditionError(Concat("the checkpoint directory ", directory,
                                          " holds checkpoints of another job: ", manifest->job_name,
                                          " (", manifest->job_uid, "); use an empty directory"));
  }
  return OkStatus();
}

}  // namespace gvsl
