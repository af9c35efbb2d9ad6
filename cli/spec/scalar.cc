#include "cli/spec/scalar.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <regex>

#include "cli/spec/schema.h"
#include "common/text.h"
#include "gvsl/v1/job.pb.h"

namespace gvsl::cli {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

using Problem = std::optional<std::string>;

bool IsNull(const Scalar& scalar) {
  static const std::regex pattern("(~|null|Null|NULL)?");
  return !scalar.quoted && std::regex_match(scalar.text, pattern);
}

// What YAML takes for something else than text when it stands without quotes.
bool LooksLikeNumber(const std::string& text) {
  static const std::regex pattern(
      R"([-+]?(0x[0-9a-fA-F]+|0o[0-7]+|\.inf|\.Inf|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?))");
  return std::regex_match(text, pattern) || text == ".nan";
}
bool LooksLikeBool(const std::string& text) {
  return text == "true" || text == "false" || text == "True" || text == "False";
}

std::string Not(const FieldDescriptor& field, const Scalar& scalar) {
  if (scalar.quoted) return Concat("must be ", KindOf(field), "; quotes make it text");
  return Concat("must be ", KindOf(field), ", not ", scalar.text);
}

template <typename Integer>
Problem ParseInteger(const Scalar& scalar, const FieldDescriptor& field, Integer& value) {
  static const std::regex pattern("[-+]?(0|[1-9][0-9]*)");
  if (scalar.quoted || !std::regex_match(scalar.text, pattern)) return Not(field, scalar);
  const char* begin = scalar.text.data() + (scalar.text[0] == '+' ? 1 : 0);
  const char* end = scalar.text.data() + scalar.text.size();
  if (std::from_chars(begin, end, value).ec == std::errc()) return std::nullopt;
  return Concat("must be a whole number from ", std::numeric_limits<Integer>::min(), " to ",
                std::numeric_limits<Integer>::max(), ", not ", scalar.text);
}

Problem ParseDouble(const Scalar& scalar, const FieldDescriptor& field, double& value) {
  if (scalar.quoted) return Not(field, scalar);
  const char* begin = scalar.text.data() + (scalar.text[0] == '+' ? 1 : 0);
  const char* end = scalar.text.data() + scalar.text.size();
  const auto [rest, error] = std::from_chars(begin, end, value);
  if (error == std::errc() && rest == end && std::isfinite(value)) return std::nullopt;
  return Not(field, scalar);
}

Problem ParseEnum(const Scalar& scalar, const EnumDescriptor& type, int& number) {
  const auto* value = FindEnumWord(type, scalar.text);
  if (value != nullptr) {
    number = value->number();
    return std::nullopt;
  }
  const auto words = EnumWords(type);
  std::string problem = Concat("unknown value ", scalar.text, "; did you mean ",
                               NearestWord(scalar.text, words), "?");
  if (words.size() > 1) problem += Concat(" (", Join(words, ", "), ")");
  return problem;
}

// `split` holds counts, shares and the word `rest`; every other text must not look like a number.
bool TakesNumbersAsText(const FieldDescriptor& field) {
  return field.containing_type() == v1::SplitSpec::descriptor();
}

// One call for fields that are repeated and one for those that are not.
template <typename Value, typename Set, typename Add>
Problem Store(const Problem& problem, const Value& value, const FieldDescriptor& field,
              Message& message, Set set, Add add) {
  if (problem) return problem;
  const auto& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    (reflection.*add)(&message, &field, value);
  } else {
    (reflection.*set)(&message, &field, value);
  }
  return std::nullopt;
}

}  // namespace

std::string KindOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return "a whole number";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "a number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "a map of keys and values";
    default:
      return "text";
  }
}

Problem SetScalar(const Scalar& scalar, const FieldDescriptor& field, Message& message) {
  using R = google::protobuf::Reflection;
  if (IsNull(scalar)) return "has no value";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      std::int32_t value = 0;
      const Problem problem = ParseInteger(scalar, field, value);
      return Store(problem, value, field, message, &R::SetInt32, &R::AddInt32);
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      std::uint32_t value = 0;
      const Problem problem = ParseInteger(scalar, field, value);
      return Store(problem, value, field, message, &R::SetUInt32, &R::AddUInt32);
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      std::uint64_t value = 0;
      const Problem problem = ParseInteger(scalar, field, value);
      return Store(problem, value, field, message, &R::SetUInt64, &R::AddUInt64);
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      double value = 0;
      const Problem problem = ParseDouble(scalar, field, value);
      return Store(problem, value, field, message, &R::SetDouble, &R::AddDouble);
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      const bool value = scalar.text == "true" || scalar.text == "True";
      const bool known = !scalar.quoted && LooksLikeBool(scalar.text);
      const Problem problem = known ? Problem() : Not(field, scalar);
      return Store(problem, value, field, message, &R::SetBool, &R::AddBool);
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      int value = 0;
      const Problem problem = ParseEnum(scalar, *field.enum_type(), value);
      return Store(problem, value, field, message, &R::SetEnumValue, &R::AddEnumValue);
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const bool other = LooksLikeNumber(scalar.text) || LooksLikeBool(scalar.text);
      if (!scalar.quoted && other && !TakesNumbersAsText(field)) {
        return Concat("must be text, not ", scalar.text, "; quotes make it text");
      }
      message.GetReflection()->SetString(&message, &field, scalar.text);
      return std::nullopt;
    }
    default:
      return Not(field, scalar);
  }
}

}  // namespace gvsl::cli
