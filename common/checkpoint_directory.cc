#include "common/checkpoint_directory.h"

#include <algorithm>
#include <cstdio>
#include <random>

#include "common/sha256.h"
#include "common/text.h"

namespace gvsl {
namespace {

constexpr std::string_view kStepPrefix = "step-";
constexpr std::string_view kLineagePrefix = "lineage-";
constexpr std::string_view kLineageSuffix = ".safetensors";
constexpr std::string_view kAsideMark = ".tmp-";
constexpr std::size_t kMaxManifestBytes = 1 << 20;

std::string PaddedStep(std::uint64_t step) {
  char digits[24];
  std::snprintf(digits, sizeof(digits), "%09llu", static_cast<unsigned long long>(step));
  return digits;
}

std::optional<std::uint64_t> ParseStep(std::string_view digits) {
  if (digits.size() < 9 || digits.size() > 18) return std::nullopt;
  std::uint64_t step = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    step = step * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  if (PaddedStep(step) != digits) return std::nullopt;
  return step;
}

// A file that is not there, or is something else than a file, is damage; an error of the disk is
// not.
Status DamageOrError(const Status& status, const std::string& name) {
  const bool damage =
      status.code() == StatusCode::kNotFound || status.code() == StatusCode::kFailedPrecondition;
  if (damage) return DataLossError(Concat(name, " is not there: ", status.message()));
  return status.WithContext(name);
}

Status CheckFile(FileSystem& files, const std::string& path, const std::string& name,
                 const CheckpointFile& expected) {
  Sha256 hash;
  std::uint64_t bytes = 0;
  const Status read = files.Read(path, [&](std::string_view piece) {
    hash.Update(piece);
    bytes += piece.size();
    return OkStatus();
  });
  if (!read.ok()) return DamageOrError(read, name);
  if (bytes != expected.bytes) {
    return DataLossError(
        Concat(name, " has ", bytes, " bytes; the manifest says ", expected.bytes));
  }
  if (hash.HexDigest() != expected.sha256) {
    return DataLossError(Concat(name, " does not have the SHA-256 that the manifest says"));
  }
  return OkStatus();
}

}  // namespace

std::string CheckpointName(std::uint64_t step) {
  return std::string(kStepPrefix) + PaddedStep(step);
}

std::optional<std::uint64_t> ParseCheckpointName(const std::string& name) {
  if (!name.starts_with(kStepPrefix)) return std::nullopt;
  return ParseStep(std::string_view(name).substr(kStepPrefix.size()));
}

std::string LineageName(std::uint64_t begin, std::uint64_t end) {
  return Concat(kLineagePrefix, PaddedStep(begin), "-", PaddedStep(end), kLineageSuffix);
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> ParseLineageName(const std::string& name) {
  if (!name.starts_with(kLineagePrefix) || !name.ends_with(kLineageSuffix)) return std::nullopt;
  const std::string_view steps = std::string_view(name).substr(
      kLineagePrefix.size(), name.size() - kLineagePrefix.size() - kLineageSuffix.size());
  const std::size_t dash = steps.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto begin = ParseStep(steps.substr(0, dash));
  const auto end = ParseStep(steps.substr(dash + 1));
  if (!begin || !end || *begin >= *end) return std::nullopt;
  return std::pair(*begin, *end);
}

std::string NewAsideName(const std::string& name) {
  std::random_device random;
  const std::uint64_t suffix = (std::uint64_t{random()} << 32) | random();
  return Concat(".", name, kAsideMark, std::hex, suffix);
}

bool IsAsideName(const std::string& name) {
  const std::size_t mark = name.rfind(kAsideMark);
  if (!name.starts_with('.') || mark == std::string::npos) return false;
  const std::string suffix = name.substr(mark + kAsideMark.size());
  const std::string whole = name.substr(1, mark - 1);
  return !suffix.empty() && suffix.find_first_not_of("0123456789abcdef") == std::string::npos &&
         (ParseCheckpointName(whole) || ParseLineageName(whole));
}

StatusOr<std::vector<std::uint64_t>> ListCheckpointSteps(FileSystem& files,
                                                         const std::string& directory) {
  std::vector<std::uint64_t> steps;
  const auto names = files.List(directory);
  if (names.status().code() == StatusCode::kNotFound) return steps;
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    const auto step = ParseCheckpointName(name);
    if (!step) continue;
    const auto size = files.FileSize(JoinPath(JoinPath(directory, name), kManifestFile));
    if (size.ok()) {
      steps.push_back(*step);
    } else if (size.status().code() != StatusCode::kNotFound) {
      return size.status();
    }
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

StatusOr<std::uint64_t> MeantCheckpoint(FileSystem& files, const std::string& directory) {
  GVSL_ASSIGN_OR_RETURN(const auto steps, ListCheckpointSteps(files, directory));
  if (steps.empty()) return NotFoundError("is no checkpoint, and holds none");
  const auto newest = ReadCheckpointManifest(files, directory, steps.back());
  const bool knows = newest.ok() && std::ranges::binary_search(steps, newest->best_step);
  return knows ? newest->best_step : steps.back();
}

StatusOr<CheckpointManifest> ReadCheckpointManifest(FileSystem& files, const std::string& directory,
                                                    std::uint64_t step) {
  const std::string name = CheckpointName(step);
  const auto text =
      ReadFile(files, JoinPath(JoinPath(directory, name), kManifestFile), kMaxManifestBytes);
  if (text.status().code() == StatusCode::kFailedPrecondition) {
    return DamageOrError(text.status(), kManifestFile).WithContext(name);
  }
  if (!text.ok()) return text.status();
  auto manifest = ParseCheckpointManifest(*text);
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
    const StatusCode code = manifest.status().code();
    if (code == StatusCode::kDataLoss || code == StatusCode::kNotFound) continue;  // nobody's
    if (!manifest.ok()) return manifest.status();
    if (manifest->job_uid == job_uid) continue;
    return FailedPreconditionError(Concat("the checkpoint directory ", directory,
                                          " holds checkpoints of another job: ", manifest->job_name,
                                          " (", manifest->job_uid, "); use an empty directory"));
  }
  return OkStatus();
}

}  // namespace gvsl
