// What JobSpec's descriptor says about the keys and values of JOB.yaml. A field or enum value added
// to job.proto is known here without another line. Pure.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

namespace gvsl::cli {

// METHOD_MODELS_GENESIS is written `models-genesis`.
std::string EnumWord(const google::protobuf::EnumValueDescriptor& value);
// All words of an enum but the unspecified one, in the order of the numbers.
std::vector<std::string> EnumWords(const google::protobuf::EnumDescriptor& type);
// nullptr where no value is written so.
const google::protobuf::EnumValueDescriptor* FindEnumWord(
    const google::protobuf::EnumDescriptor& type, std::string_view word);

// "workers.min" for ("workers", "min"); "name" for ("", "name").
std::string JoinKey(std::string_view path, std::string_view key);

// The known key that was most likely meant by the unknown `key` below `path`: the same word
// elsewhere in the job (lr -> optimizer.lr), else the nearest word at that place.
std::string NearestKey(const google::protobuf::Descriptor& job,
                       const google::protobuf::Descriptor& place, const std::string& path,
                       const std::string& key);

}  // namespace gvsl::cli
