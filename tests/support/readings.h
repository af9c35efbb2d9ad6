// What a reader answered, for expectations.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "data_loader/volume_reader.h"

namespace gvsl::testing {

// The code of a rejection, else "accepted".
template <typename T>
std::string CodeOf(const data_loader::OrRejection<T>& result) {
  const auto* rejection = std::get_if<data_loader::Rejection>(&result);
  return rejection == nullptr ? "accepted" : rejection->code;
}

// The value; a failure of the test where it was rejected.
template <typename T>
T ValueOf(const data_loader::OrRejection<T>& result) {
  if (const auto* rejection = std::get_if<data_loader::Rejection>(&result)) {
    ADD_FAILURE() << rejection->code << ": " << rejection->reason;
    return {};
  }
  return std::get<T>(result);
}

}  // namespace gvsl::testing
