// Collects what is wrong with a job's fields, so that all of it is told at once.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/status.h"
#include "common/text.h"

namespace gvsl::coordinator {

class Violations {
 public:
  void Add(std::string field, std::string reason) {
    list_.push_back({std::move(field), std::move(reason)});
  }
  void Require(bool present, const char* field) {
    if (!present) Add(field, "is required");
  }
  template <typename Number>
  void Range(const char* field, Number value, Number low, Number high) {
    if (value >= low && value <= high) return;
    Add(field, Concat(value, " is not within ", low, " to ", high, "; the nearest is ",
                      std::clamp(value, low, high)));
  }
  void Absolute(const char* field, const std::string& path) {
    if (!path.starts_with('/')) Add(field, Concat("'", path, "' is not an absolute path"));
  }
  // INVALID_ARGUMENT with every violation.
  Status ToStatus() const {
    if (list_.empty()) return OkStatus();
    std::vector<std::string> parts;
    for (const FieldViolation& one : list_) parts.push_back(Concat(one.field, ": ", one.reason));
    Status status = InvalidArgumentError(Join(parts, "; "));
    for (const FieldViolation& one : list_) status = status.WithViolation(one.field, one.reason);
    return status;
  }

 private:
  std::vector<FieldViolation> list_;
};

}  // namespace gvsl::coordinator
