#include "cli/render/job_json.h"

#include <google/protobuf/util/time_util.h>

#include <cmath>
#include <map>

#include "cli/render/job_result.h"
#include "cli/spec/schema.h"

namespace gvsl::cli {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

namespace {

Json Time(bool present, const Timestamp& time) {
  return present ? Json(TimeUtil::ToString(time)) : Json(nullptr);
}

template <typename Map>
Json NumbersByName(const Map& numbers) {
  Json object = Json::object();
  for (const auto& [name, value] : std::map(numbers.begin(), numbers.end())) {
    object[name] = Number(value);
  }
  return object;
}

template <typename Repeated>
Json Numbers(const Repeated& values) {
  Json array = Json::array();
  for (const auto value : values) array.push_back(value);
  return array;
}

Json MemberToJson(const v1::GangMember& member) {
  return {{"name", member.name()},
          {"device", member.device()},
          {"slots", Numbers(member.slots())},
          {"step_seconds", Number(member.step_seconds())}};
}

Json MessageToJson(const Message& message);

// Element `index` of a repeated field, or the field itself for -1.
Json ValueToJson(const Message& message, const FieldDescriptor& field, int index) {
  const auto& reflection = *message.GetReflection();
  const bool one = index < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return one ? reflection.GetInt32(message, &field)
                 : reflection.GetRepeatedInt32(message, &field, index);
    case FieldDescriptor::CPPTYPE_UINT32:
      return one ? reflection.GetUInt32(message, &field)
                 : reflection.GetRepeatedUInt32(message, &field, index);
    case FieldDescriptor::CPPTYPE_UINT64:
      return one ? reflection.GetUInt64(message, &field)
                 : reflection.GetRepeatedUInt64(message, &field, index);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Number(one ? reflection.GetDouble(message, &field)
                        : reflection.GetRepeatedDouble(message, &field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumWord(*reflection.GetEnum(message, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(message, &field);
    default:
      return MessageToJson(one ? reflection.GetMessage(message, &field)
                               : reflection.GetRepeatedMessage(message, &field, index));
  }
}

Json MapToJson(const Message& message, const FieldDescriptor& field) {
  std::map<std::int64_t, Json> ordered;
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    const Json key = ValueToJson(entry, *field.message_type()->map_key(), -1);
    ordered[key.get<std::int64_t>()] = ValueToJson(entry, *field.message_type()->map_value(), -1);
  }
  Json object = Json::object();
  for (auto& [key, value] : ordered) object[std::to_string(key)] = std::move(value);
  return object;
}

Json MessageToJson(const Message& message) {
  Json object = Json::object();
  const auto& reflection = *message.GetReflection();
  for (int f = 0; f < message.GetDescriptor()->field_count(); ++f) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(f);
    if (field.is_repeated() ? reflection.FieldSize(message, &field) == 0
                            : !reflection.HasField(message, &field)) {
      continue;
    }
    if (field.is_map()) {
      object[field.name()] = MapToJson(message, field);
    } else if (field.is_repeated()) {
      Json array = Json::array();
      for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
        array.push_back(ValueToJson(message, field, i));
      }
      object[field.name()] = std::move(array);
    } else {
      object[field.name()] = ValueToJson(message, field, -1);
    }
  }
  return object;
}

// null where the worker is one of the pool.
Json StaticGangToJson(const v1::Worker& worker) {
  if (!worker.has_static_gang()) return nullptr;
  const v1::StaticGang& gang = worker.static_gang();
  return {{"id", gang.id()}, {"rank", gang.rank()}, {"size", gang.size()}};
}

}  // namespace

Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::string StateName(v1::JobState state) {
  constexpr std::string_view kPrefix = "JOB_STATE_";
  const std::string name = v1::JobState_Name(state);
  return name.size() > kPrefix.size() && state != v1::JOB_STATE_UNSPECIFIED
             ? name.substr(kPrefix.size())
             : "UNKNOWN";
}

Json JobToJson(const v1::Job& job) {
  return {{"name", job.name()},
          {"uid", job.uid()},
          {"state", StateName(job.state())},
          {"reason", job.reason()},
          {"step", job.step()},
          {"steps", job.steps()},
          {"round", job.round()},
          {"generation", job.generation()},
          {"loss", job.has_loss() ? Number(job.loss()) : Json(nullptr)},
          {"learning_rate", Number(job.learning_rate())},
          {"samples_per_second", Number(job.samples_per_second())},
          {"eta_seconds", Number(job.eta_seconds())},
          {"goodput", Number(job.goodput())},
          {"lost_seconds", NumbersByName(job.lost_seconds())},
          {"workers", ArrayToJson(job.workers(), MemberToJson)},
          {"checkpoints", ArrayToJson(job.checkpoints(), CheckpointToJson)},
          {"indicators", NumbersByName(job.indicators())},
          {"quarantine", QuarantineToJson(job)},
          {"result", ResultToJson(job)},
          {"create_time", Time(job.has_create_time(), job.create_time())},
          {"start_time", Time(job.has_start_time(), job.start_time())},
          {"end_time", Time(job.has_end_time(), job.end_time())},
          {"dataset_sha256", job.dataset_sha256()},
          {"numeric_class", job.numeric_class()},
          {"threads", job.threads()},
          {"spec", SpecToJson(job.spec())}};
}

Json SpecToJson(const v1::JobSpec& spec) { return MessageToJson(spec); }

Json CheckpointToJson(const v1::Checkpoint& checkpoint) {
  return {{"step", checkpoint.step()},
          {"path", checkpoint.path()},
          {"weights_sha256", checkpoint.weights_sha256()},
          {"bytes", checkpoint.bytes()},
          {"time", Time(checkpoint.has_time(), checkpoint.time())},
          {"pinned", checkpoint.pinned()}};
}

Json EventToJson(const v1::JobEvent& event) {
  return {{"time", Time(event.has_time(), event.time())},
          {"type", event.type()},
          {"message", event.message()},
          {"generation", event.generation()},
          {"step", event.step()},
          {"worker", event.worker()}};
}

Json LogLinesToJson(const v1::LogLines& lines) {
  return {{"worker", lines.worker()}, {"offset", lines.offset()}, {"text", lines.text()}};
}

Json WorkerToJson(const v1::Worker& worker) {
  return {{"name", worker.name()},
          {"device", worker.device()},
          {"threads", worker.threads()},
          {"version", worker.version()},
          {"state", worker.state()},
          {"job", worker.job()},
          {"slots", Numbers(worker.slots())},
          {"heartbeat_age_seconds", Number(worker.heartbeat_age_seconds())},
          {"step_seconds", Number(worker.step_seconds())},
          {"numeric_class", worker.numeric_class()},
          {"static_gang", StaticGangToJson(worker)},
          {"register_time", Time(worker.has_register_time(), worker.register_time())}};
}

std::string DumpLine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string DumpPretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gvsl::cli
