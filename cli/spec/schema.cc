#include "cli/spec/schema.h"

#include <algorithm>

#include "common/text.h"

namespace gvsl::cli {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

namespace {

constexpr std::string_view kUnspecified = "UNSPECIFIED";

void CollectPaths(const Descriptor& message, const std::string& path,
                  std::vector<std::string>& paths) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const std::string child = JoinKey(path, field.name());
    paths.push_back(child);
    if (field.message_type() != nullptr && !field.is_map()) {
      CollectPaths(*field.message_type(), child, paths);
    }
  }
}

}  // namespace

std::string EnumWord(const EnumValueDescriptor& value) {
  const std::string& zero = value.type()->value(0)->name();
  std::string word = value.name().substr(zero.size() - kUnspecified.size());
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char letter) {
    return letter == '_' ? '-' : static_cast<char>(std::tolower(letter));
  });
  return word;
}

std::vector<std::string> EnumWords(const EnumDescriptor& type) {
  std::vector<std::string> words;
  for (int i = 1; i < type.value_count(); ++i) words.push_back(EnumWord(*type.value(i)));
  return words;
}

const EnumValueDescriptor* FindEnumWord(const EnumDescriptor& type, std::string_view word) {
  for (int i = 1; i < type.value_count(); ++i) {
    if (EnumWord(*type.value(i)) == word) return type.value(i);
  }
  return nullptr;
}

std::string JoinKey(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : Concat(path, ".", key);
}

std::string NearestKey(const Descriptor& job, const Descriptor& place, const std::string& path,
                       const std::string& key) {
  std::vector<std::string> all;
  CollectPaths(job, "", all);
  for (const std::string& known : all) {
    if (known.substr(known.rfind('.') + 1) == key) return known;
  }
  std::vector<std::string> siblings;
  for (int i = 0; i < place.field_count(); ++i) siblings.push_back(place.field(i)->name());
  return JoinKey(path, NearestWord(key, siblings));
}

}  // namespace gvsl::cli
