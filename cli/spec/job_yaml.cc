#include "cli/spec/job_yaml.h"

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <set>

#include "cli/render/job_json.h"
#include "cli/spec/scalar.h"
#include "cli/spec/schema.h"
#include "common/text.h"

namespace gvsl::cli {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

constexpr std::size_t kMostBytes = 1 << 20;

// Walks a YAML tree along a message's descriptor and notes what does not fit.
class Reader {
 public:
  // `prefix` stands before every path ("--set "); `lines` says whether line numbers mean anything.
  // `root` is what the whole file is.
  Reader(std::string prefix, bool lines, const google::protobuf::Descriptor* root)
      : prefix_(std::move(prefix)), lines_(lines), root_(root) {}

  void ReadMessage(const YAML::Node& node, const std::string& path, Message& message) {
    if (!node.IsMap()) return Violate(path, node, "must be a map of keys and values");
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        Violate(path, entry.first, "a key must be a word");
        continue;
      }
      const std::string& key = entry.first.Scalar();
      if (!seen.insert(key).second) {
        Violate(JoinKey(path, key), entry.first, "stands here twice");
        continue;
      }
      ReadKey(key, entry.first, entry.second, path, message);
    }
  }

  void ReadKey(const std::string& key, const YAML::Node& place, const YAML::Node& value,
               const std::string& path, Message& message) {
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(key);
    if (field == nullptr) {
      const std::string nearest = NearestKey(*root_, *message.GetDescriptor(), path, key);
      return Violate(JoinKey(path, key), place, Concat("unknown key; did you mean ", nearest, "?"));
    }
    ReadField(value.IsNull() ? place : value, value.IsNull(), JoinKey(path, key), *field, message);
  }

  // KEY=VALUE, KEY with dots.
  void ReadSetting(const std::string& setting, Message& message) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      violations_.push_back({Concat("--set ", setting), "must be KEY=VALUE"});
      return;
    }
    const YAML::Node value = YAML::Load(setting.substr(equals + 1));
    SetPath(setting.substr(0, equals), "", value, message);
  }

  std::vector<FieldViolation> TakeViolations() { return std::move(violations_); }

 private:
  void SetPath(const std::string& rest, const std::string& path, const YAML::Node& value,
               Message& message) {
    const std::size_t dot = rest.find('.');
    const std::string key = rest.substr(0, dot);
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(key);
    if (field == nullptr || dot == std::string::npos)
      return ReadKey(key, value, value, path, message);
    const std::string below = rest.substr(dot + 1);
    if (field->is_map()) {
      return ReadMapEntry(below, value, JoinKey(JoinKey(path, key), below), *field, message);
    }
    if (field->message_type() == nullptr) {
      return Violate(
          JoinKey(path, rest), value,
          Concat("unknown key; ", JoinKey(path, key), " is ", KindOf(*field), " and has no keys"));
    }
    SetPath(below, JoinKey(path, key), value,
            *message.GetReflection()->MutableMessage(&message, field));
  }

  void ReadField(const YAML::Node& node, bool null, const std::string& path,
                 const FieldDescriptor& field, Message& message) {
    if (null) return Violate(path, node, "has no value");
    if (field.is_map()) return ReadMap(node, path, field, message);
    if (field.is_repeated()) return ReadList(node, path, field, message);
    if (field.message_type() != nullptr) {
      return ReadMessage(node, path, *message.GetReflection()->MutableMessage(&message, &field));
    }
    ReadScalar(node, path, field, message);
  }

  void ReadScalar(const YAML::Node& node, const std::string& path, const FieldDescriptor& field,
                  Message& message) {
    if (!node.IsScalar()) {
      const char* found = node.IsMap() ? "a map" : node.IsSequence() ? "a list" : "nothing";
      return Violate(path, node, Concat("must be ", KindOf(field), ", not ", found));
    }
    const bool quoted = node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str";
    if (auto problem = SetScalar({node.Scalar(), quoted}, field, message)) {
      Violate(path, node, *problem);
    }
  }

  void ReadList(const YAML::Node& node, const std::string& path, const FieldDescriptor& field,
                Message& message) {
    if (!node.IsSequence()) {
      return Violate(path, node, Concat("must be a list: [", KindOf(field), ", ...]"));
    }
    message.GetReflection()->ClearField(&message, &field);
    for (std::size_t i = 0; i < node.size(); ++i) {
      const std::string element = Concat(path, "[", i, "]");
      if (field.message_type() == nullptr) {
        ReadScalar(node[i], element, field, message);
      } else {
        ReadMessage(node[i], element, *message.GetReflection()->AddMessage(&message, &field));
      }
    }
  }

  void ReadMap(const YAML::Node& node, const std::string& path, const FieldDescriptor& field,
               Message& message) {
    if (!node.IsMap()) return Violate(path, node, "must be a map of keys and values");
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const std::string child = JoinKey(path, key);
      if (!seen.insert(key).second) {
        Violate(child, entry.first, "stands here twice");
      } else {
        ReadMapEntry(key, entry.second, child, field, message);
      }
    }
  }

  void ReadMapEntry(const std::string& key, const YAML::Node& value, const std::string& path,
                    const FieldDescriptor& field, Message& message) {
    const auto& reflection = *message.GetReflection();
    Message* entry = reflection.AddMessage(&message, &field);
    const std::size_t before = violations_.size();
    if (auto problem = SetScalar({key}, *field.message_type()->map_key(), *entry)) {
      Violate(path, value, Concat("the key ", *problem));
    } else {
      ReadScalar(value, path, *field.message_type()->map_value(), *entry);
    }
    if (violations_.size() != before) reflection.RemoveLast(&message, &field);
  }

  void Violate(const std::string& path, const YAML::Node& node, const std::string& reason) {
    std::string line;
    if (lines_ && !node.Mark().is_null()) line = Concat(" (line ", node.Mark().line + 1, ")");
    violations_.push_back({prefix_ + (path.empty() ? "job" : path), reason + line});
  }

  std::string prefix_;
  bool lines_;
  const google::protobuf::Descriptor* root_;
  std::vector<FieldViolation> violations_;
};

void ReadDocument(std::string_view yaml, Message& spec, std::vector<FieldViolation>& violations) {
  if (yaml.size() > kMostBytes) {
    violations.push_back({"job", "a job file has at most 1 MiB"});
    return;
  }
  try {
    const auto documents = YAML::LoadAll(std::string(yaml));
    if (documents.size() != 1) {
      violations.push_back({"job", Concat("one YAML document is needed, not ", documents.size())});
      return;
    }
    Reader reader("", true, spec.GetDescriptor());
    reader.ReadMessage(documents[0], "", spec);
    violations = reader.TakeViolations();
  } catch (const YAML::Exception& error) {
    violations.push_back({Concat("line ", error.mark.line + 1), Concat("not YAML: ", error.msg)});
  } catch (const std::exception& error) {
    violations.push_back({"job", Concat("not YAML: ", error.what())});
  }
}

void ApplySetting(const std::string& setting, Message& spec,
                  std::vector<FieldViolation>& violations) {
  try {
    Reader reader("--set ", false, spec.GetDescriptor());
    reader.ReadSetting(setting, spec);
    for (auto& violation : reader.TakeViolations()) violations.push_back(std::move(violation));
  } catch (const std::exception& error) {
    violations.push_back({Concat("--set ", setting), Concat("not YAML: ", error.what())});
  }
}

Status Parse(std::string_view yaml, const std::vector<std::string>& settings,
             const std::string& complaint, Message& spec) {
  std::vector<FieldViolation> violations;
  ReadDocument(yaml, spec, violations);
  for (const std::string& setting : settings) ApplySetting(setting, spec, violations);
  if (violations.empty()) return OkStatus();
  Status status = InvalidArgumentError(complaint);
  for (auto& violation : violations) {
    status = status.WithViolation(std::move(violation.field), std::move(violation.reason));
  }
  return status;
}

void Emit(const nlohmann::ordered_json& value, YAML::Emitter& out) {
  if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& [key, child] : value.items()) {
      out << YAML::Key << key << YAML::Value;
      Emit(child, out);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << YAML::Flow << YAML::BeginSeq;
    for (const auto& child : value) Emit(child, out);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    v1::JobSpec probe;  // text that would be read as something else is quoted
    const auto& field =
        *v1::JobSpec::descriptor()->FindFieldByNumber(v1::JobSpec::kNameFieldNumber);
    if (SetScalar({text}, field, probe)) out << YAML::DoubleQuoted;
    out << text;
  } else {
    out << value.dump();
  }
}

}  // namespace

StatusOr<v1::JobSpec> ParseJobYaml(std::string_view yaml, const std::string& file_name,
                                   const std::vector<std::string>& settings) {
  v1::JobSpec spec;
  GVSL_RETURN_IF_ERROR(Parse(yaml, settings, Concat(file_name, " is not a valid job"), spec));
  return spec;
}

StatusOr<v1::ComparisonSpec> ParseComparisonYaml(std::string_view yaml,
                                                 const std::string& file_name,
                                                 const std::vector<std::string>& settings) {
  v1::ComparisonSpec spec;
  GVSL_RETURN_IF_ERROR(
      Parse(yaml, settings, Concat(file_name, " is not a valid comparison"), spec));
  return spec;
}

std::string FormatJobYaml(const v1::JobSpec& spec) {
  YAML::Emitter out;
  Emit(SpecToJson(spec), out);
  return out.c_str();
}

}  // namespace gvsl::cli
