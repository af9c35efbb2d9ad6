// One value of a job file into one field of a message, by the field's descriptor.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>

namespace gvsl::cli {

// A YAML scalar: quotes make it text, whatever it looks like.
struct Scalar {
  std::string text;
  bool quoted = false;
};

// Sets `field` of `message` (adds to it where it is repeated) and returns nothing; or leaves the
// message alone and returns what is wrong as the end of a sentence: "must be a whole number, not
// abc".
std::optional<std::string> SetScalar(const Scalar& scalar,
                                     const google::protobuf::FieldDescriptor& field,
                                     google::protobuf::Message& message);

// "a whole number": what a field holds, in words.
std::string KindOf(const google::protobuf::FieldDescriptor& field);

}  // namespace gvsl::cli
