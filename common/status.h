// Errors as values. The codes are gRPC's canonical codes, so that an error keeps its code from the
// disk to the terminal. Absl is not used because the rooms that train must build without it
// (docs/adr/2026-11-23-own-status-type.md).
//
// Thread-safety: values; share by copy.
#pragma once

#include <cassert>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gvsl {

// Numerically equal to grpc::StatusCode.
enum class StatusCode {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// "INVALID_ARGUMENT" and so on.
std::string_view StatusCodeName(StatusCode code);

// Which field of a request is wrong, and why. Travels as google.rpc.BadRequest.
struct FieldViolation {
  std::string field;  // path with dots, as a person writes it: "workers.min"
  std::string reason;
};

class [[nodiscard]] Status {
 public:
  Status() = default;  // OK
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::vector<FieldViolation>& violations() const { return violations_; }

  // "NOT_FOUND: job heads", or "OK".
  std::string ToString() const;

  // The same error with "context: " in front; OK stays OK.
  Status WithContext(std::string_view context) const;
  Status WithViolation(std::string field, std::string reason) const;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
  std::vector<FieldViolation> violations_;
};

std::ostream& operator<<(std::ostream& out, const Status& status);

inline Status OkStatus() { return {}; }
Status InvalidArgumentError(std::string message);
Status NotFoundError(std::string message);
Status AlreadyExistsError(std::string message);
Status FailedPreconditionError(std::string message);
Status AbortedError(std::string message);
Status UnimplementedError(std::string message);
Status InternalError(std::string message);
Status UnavailableError(std::string message);
Status DataLossError(std::string message);
Status ResourceExhaustedError(std::string message);
Status CancelledError(std::string message);
Status DeadlineExceededError(std::string message);
Status PermissionDeniedError(std::string message);
Status OutOfRangeError(std::string message);

// From errno: ENOSPC, EDQUOT, ENOMEM and too many open files are RESOURCE_EXHAUSTED, ENOENT is
// NOT_FOUND, EEXIST ALREADY_EXISTS, EACCES and EPERM PERMISSION_DENIED, everything else UNKNOWN.
// `what` names the operation and path.
Status ErrnoError(int error_number, std::string_view what);

// A value or the error that kept it from being there.
template <typename T>
class [[nodiscard]] StatusOr {
 public:
  using value_type = T;

  StatusOr(Status status) : status_(std::move(status)) { assert(!status_.ok()); }  // NOLINT
  StatusOr(T value) : value_(std::move(value)) {}                                  // NOLINT
  template <typename U>
  requires(std::is_convertible_v<U, T> && !std::is_same_v<std::decay_t<U>, T> &&
           !std::is_same_v<std::decay_t<U>, Status> && !std::is_same_v<std::decay_t<U>, StatusOr>)
      StatusOr(U&& value)
      : value_(std::forward<U>(value)) {}  // NOLINT

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return *std::move(value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

#define GVSL_CONCAT_INNER(a, b) a##b
#define GVSL_CONCAT(a, b) GVSL_CONCAT_INNER(a, b)

#define GVSL_RETURN_IF_ERROR(expression)                                \
  do {                                                                  \
    if (::gvsl::Status gvsl_status = (expression); !gvsl_status.ok()) { \
      return gvsl_status;                                               \
    }                                                                   \
  } while (false)

#define GVSL_ASSIGN_OR_RETURN(declaration, expression) \
  GVSL_ASSIGN_OR_RETURN_INNER(GVSL_CONCAT(gvsl_result_, __LINE__), declaration, expression)
#define GVSL_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                        \
  if (!result.ok()) return result.status();                          \
  declaration = *std::move(result)

}  // namespace gvsl
