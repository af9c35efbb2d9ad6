#include "data_loader/dataset_manifest.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "common/json_number.h"
#include "common/json_text.h"
#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/manifest_check.h"

namespace gvsl::data_loader {
namespace {

using Json = nlohmann::json;

constexpr std::uint32_t kFormatVersion = 1;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// What the dataset's hash covers of a volume.
Json HashedPart(const VolumeEntry& volume) {
  return {{"class", OrNull(volume.class_index)},
          {"label_sha256", OrNull(volume.label_sha256)},
          {"sha256", volume.sha256},
          {"size", volume.grid.size},
          {"spacing", volume.grid.spacing},
          {"subject", volume.subject},
          {"to_ras", volume.grid.to_ras}};
}

Json LabelsToJson(const std::map<std::int32_t, std::uint64_t>& voxels) {
  Json json = Json::object();
  for (const auto& [value, count] : voxels) json[Concat(value)] = count;
  return json;
}

std::map<std::int32_t, std::uint64_t> LabelsFromJson(const Json& json) {
  std::map<std::int32_t, std::uint64_t> voxels;
  for (const auto& [name, count] : json.items()) {
    std::int32_t value = 0;
    std::from_chars(name.data(), name.data() + name.size(), value);
    if (Concat(value) != name) throw std::invalid_argument("label_voxels: no label: " + name);
    voxels[value] = WholeNumber<std::uint64_t>(count);
  }
  return voxels;
}

IntensityHistogram HistogramFromJson(const Json& json) {
  if (!json.is_array() || json.size() != kIntensityBins) {
    throw std::invalid_argument(Concat("histogram: not ", kIntensityBins, " counts"));
  }
  return WholeNumbers<std::uint64_t, kIntensityBins>(json);
}

}  // namespace

std::string ShardName(std::size_t shard) {
  const std::string digits = std::to_string(shard);
  return Concat("shard-", std::string(5 - std::min<std::size_t>(5, digits.size()), '0'), digits,
                ".safetensors");
}

Json ToJsonObject(const VolumeEntry& volume) {
  Json json = HashedPart(volume);
  json["label_voxels"] = LabelsToJson(volume.label_voxels);
  json["histogram"] = OrNull(volume.histogram);
  json["id"] = volume.id;
  json["shard"] = volume.shard;
  json["modality"] = volume.modality;
  json["window"] = volume.window;
  json["window_range"] = volume.window_range;
  if (volume.cut) json["cut"] = {{"first", volume.cut->first}, {"whole", volume.cut->whole}};
  json["source"] = volume.source;
  return json;
}

Json ToJsonObject(const ShardEntry& shard) {
  return {{"bytes", shard.bytes},
          {"file", shard.file},
          {"sha256", shard.sha256},
          {"volumes", shard.volumes}};
}

VolumeEntry VolumeFromJson(const Json& json) {
  VolumeEntry volume;
  volume.id = json.at("id").get<std::string>();
  volume.shard = WholeNumber<std::uint32_t>(json.at("shard"));
  volume.subject = WholeNumber<std::uint32_t>(json.at("subject"));
  volume.grid.size = WholeNumbers<std::int64_t, 3>(json.at("size"));
  json.at("spacing").get_to(volume.grid.spacing);
  json.at("to_ras").get_to(volume.grid.to_ras);
  volume.modality = json.at("modality").get<std::string>();
  volume.window = json.at("window").get<std::string>();
  json.at("window_range").get_to(volume.window_range);
  if (json.contains("cut")) {
    volume.cut.emplace();
    volume.cut->first = WholeNumbers<std::int64_t, 3>(json["cut"].at("first"));
    volume.cut->whole = WholeNumbers<std::int64_t, 3>(json["cut"].at("whole"));
  }
  volume.sha256 = json.at("sha256").get<std::string>();
  if (const Json& label = json.at("label_sha256"); !label.is_null()) {
    volume.label_sha256 = label.get<std::string>();
  }
  if (json.contains("label_voxels")) volume.label_voxels = LabelsFromJson(json["label_voxels"]);
  if (json.contains("histogram") && !json["histogram"].is_null()) {
    volume.histogram = HistogramFromJson(json["histogram"]);
  }
  if (const Json& index = json.at("class"); !index.is_null()) {
    volume.class_index = WholeNumber<std::int32_t>(index);
  }
  volume.source = json.at("source").get<std::string>();
  return volume;
}

ShardEntry ShardFromJson(const Json& json) {
  ShardEntry shard{json.at("file").get<std::string>(),
                   json.at("sha256").get<std::string>(),
                   WholeNumber<std::uint64_t>(json.at("bytes")),
                   {}};
  for (const Json& volume : json.at("volumes")) {
    shard.volumes.push_back(WholeNumber<std::uint32_t>(volume));
  }
  return shard;
}

namespace {

StatusOr<DatasetManifest> FromJsonObject(const Json& json) {
  DatasetManifest manifest;
  manifest.format_version = WholeNumber<std::uint32_t>(json.at("format_version"));
  if (manifest.format_version != kFormatVersion) {
    return FailedPreconditionError(Concat("format version ", manifest.format_version,
                                          "; this program reads version ", kFormatVersion));
  }
  Json rest = json;
  rest.erase("manifest_sha256");
  if (json.at("manifest_sha256").get<std::string>() != Sha256Hex(rest.dump())) {
    return DataLossError("its own hash does not hold");
  }
  manifest.sha256 = json.at("sha256").get<std::string>();
  for (const Json& volume : json.at("volumes")) manifest.volumes.push_back(VolumeFromJson(volume));
  for (const Json& shard : json.at("shards")) manifest.shards.push_back(ShardFromJson(shard));
  json.at("files").get_to(manifest.files);
  manifest.parent_sha256 = json.value("parent_sha256", "");
  manifest.prepared = json.value("prepared", "");
  return manifest;
}

}  // namespace

std::array<std::int64_t, 3> DatasetManifest::LargestSize() const {
  std::array<std::int64_t, 3> largest{};
  for (const VolumeEntry& volume : volumes) {
    for (int axis = 0; axis < 3; ++axis) {
      largest[axis] = std::max(largest[axis], volume.grid.size[axis]);
    }
  }
  return largest;
}

std::string DatasetSha256(const DatasetManifest& manifest) {
  Json json = {{"format_version", manifest.format_version},
               {"volumes", Json::array()},
               {"shards", Json::array()}};
  for (const VolumeEntry& volume : manifest.volumes) json["volumes"].push_back(HashedPart(volume));
  for (const ShardEntry& shard : manifest.shards) json["shards"].push_back(shard.volumes);
  return Sha256Hex(json.dump());
}

std::string ToJson(const DatasetManifest& manifest) {
  Json json = {{"format_version", manifest.format_version},
               {"sha256", manifest.sha256},
               {"files", manifest.files},
               {"volumes", Json::array()},
               {"shards", Json::array()}};
  if (!manifest.parent_sha256.empty()) json["parent_sha256"] = manifest.parent_sha256;
  if (!manifest.prepared.empty()) json["prepared"] = manifest.prepared;
  for (const VolumeEntry& volume : manifest.volumes) {
    json["volumes"].push_back(ToJsonObject(volume));
  }
  for (const ShardEntry& shard : manifest.shards) json["shards"].push_back(ToJsonObject(shard));
  json["manifest_sha256"] = Sha256Hex(json.dump());
  return json.dump(1) + "\n";
}

StatusOr<DatasetManifest> ParseManifest(std::string_view text) {
  try {
    GVSL_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
    GVSL_ASSIGN_OR_RETURN(DatasetManifest manifest, FromJsonObject(json));
    GVSL_RETURN_IF_ERROR(CheckManifest(manifest));
    return manifest;
  } catch (const std::exception& error) {
    return DataLossError(error.what());
  }
}

StatusOr<DatasetManifest> ReadManifest(FileSystem& files, const std::string& directory) {
  const std::string path = JoinPath(directory, kManifestName);
  if (!files.Exists(path)) {
    return NotFoundError(Concat("no dataset in ", directory, ": it has no ", kManifestName));
  }
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadFile(files, path));
  StatusOr<DatasetManifest> manifest = ParseManifest(text);
  if (!manifest.ok()) return manifest.status().WithContext(path);
  return manifest;
}

}  // namespace gvsl::data_loader
