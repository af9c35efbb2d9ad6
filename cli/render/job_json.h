// What the service knows, as the JSON that --json promises: snake_case, numbers are numbers, every
// listed field always there, bare states, null for what is absent or not finite, times in RFC 3339.
// Pure.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "gvsl/v1/job.pb.h"
#include "gvsl/v1/job_service.pb.h"
#include "gvsl/v1/worker_service.pb.h"

namespace gvsl::cli {

using Json = nlohmann::ordered_json;

// null where it is not finite.
Json Number(double value);
Json JobToJson(const v1::Job& job);
// Keys and values as in JOB.yaml; absent fields are left out.
Json SpecToJson(const v1::JobSpec& spec);
Json CheckpointToJson(const v1::Checkpoint& checkpoint);
Json EventToJson(const v1::JobEvent& event);
Json LogLinesToJson(const v1::LogLines& lines);
Json WorkerToJson(const v1::Worker& worker);

// An array of what `to_json` makes of each.
template <typename T>
Json ArrayToJson(const google::protobuf::RepeatedPtrField<T>& values, Json (*to_json)(const T&)) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(to_json(value));
  return array;
}

// "RUNNING"; "UNKNOWN" for a state of a later version.
std::string StateName(v1::JobState state);

// One line; bytes that are not UTF-8 are replaced. `Pretty` is indented.
std::string DumpLine(const Json& json);
std::string DumpPretty(const Json& json);

}  // namespace gvsl::cli
