// The part of Python's pickle format (protocol 2 and what newer ones added to say the same) that
// state-dicts are written in. Objects become values; what a pickle asks to be called stands as a
// Call and is not called.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/status.h"

namespace gvsl {

struct PickleValue;
// Shared as in Python: a container that is filled later changes wherever it stands. Owned by the
// Pickle, for containers may hold each other, to any depth.
using PickleRef = PickleValue*;

struct PickleNone {};
struct PickleSequence {  // tuple or list
  std::vector<PickleRef> items;
};
struct PickleDict {
  std::vector<std::pair<PickleRef, PickleRef>> items;
};
struct PickleGlobal {
  std::string name;  // "torch._utils._rebuild_tensor_v2"
};
struct PickleCall {
  std::string function;
  std::vector<PickleRef> arguments;
  PickleDict items;  // set on the object that the call would have made
};
struct PicklePersistent {
  PickleRef id;
};
struct PickleOpaque {};  // a number of more than 64 bits, which describes no tensor

struct PickleValue {
  std::variant<PickleNone, bool, std::int64_t, double, std::string, PickleSequence, PickleDict,
               PickleGlobal, PickleCall, PicklePersistent, PickleOpaque>
      is;
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&is);
  }
};

struct Pickle {
  std::vector<std::unique_ptr<PickleValue>> values;
  const PickleValue* root = nullptr;
};

// The one object of a stream. DATA_LOSS: it ends early or makes no sense; INVALID_ARGUMENT names an
// instruction that is none of a state-dict's. Memory is bounded by a multiple of the stream's
// length.
StatusOr<Pickle> ReadPickle(std::string_view stream);

}  // namespace gvsl
