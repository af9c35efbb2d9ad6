// Failures of DCMTK as exceptions, for makers of files.
#pragma once

#include <dcmtk/ofstd/ofcond.h>

#include <stdexcept>
#include <string>

namespace gvsl::testing {

inline void Check(const OFCondition& condition, const char* what) {
  if (condition.bad()) throw std::runtime_error(std::string(what) + ": " + condition.text());
}

}  // namespace gvsl::testing
