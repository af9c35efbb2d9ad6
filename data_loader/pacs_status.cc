#include "data_loader/pacs_status.h"

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

constexpr unsigned kServiceUser = 1;  // the application itself, not the network below it
constexpr unsigned kCallingTitle = 3;
constexpr unsigned kCalledTitle = 7;

std::string Hexadecimal(std::uint16_t status) {
  const char bytes[] = {static_cast<char>(status >> 8), static_cast<char>(status & 0xff)};
  return HexEncode({bytes, 2});
}

Status Failure(std::uint16_t status) {
  const std::string code = Concat(" (status 0x", Hexadecimal(status), ")");
  switch (status >> 8) {
    case 0xa7:
      return ResourceExhaustedError(Concat("the archive has not the means for so large an answer",
                                           code, "; narrow --query, or try later"));
    case 0xa9:
      return InvalidArgumentError(Concat("the archive does not understand the query", code));
    case 0xfe:
      return AbortedError(Concat("the archive ended its answer early", code));
    default:
      break;
  }
  switch (status) {
    case 0x0122:
    case 0x0211:
      return UnimplementedError(Concat("the archive does not do what it was asked for", code));
    case 0x0124:
      return PermissionDeniedError(Concat("the archive does not allow it to this --aet", code));
    default:
      return Status(StatusCode::kUnknown, Concat("the archive failed", code));
  }
}

}  // namespace

Status RefusedAssociation(bool permanently, unsigned source, unsigned reason) {
  if (source == kServiceUser && reason == kCallingTitle) {
    return PermissionDeniedError(
        "the archive does not know the name that this side calls itself; have it registered there, "
        "or give another --aet");
  }
  if (source == kServiceUser && reason == kCalledTitle) {
    return NotFoundError("the archive has another name; give its own as --called-aet");
  }
  if (!permanently) return UnavailableError("the archive takes no association for now");
  return FailedPreconditionError(Concat("the archive refused the association (source ", source,
                                        ", reason ", reason,
                                        "); ask its administrator about --aet and --called-aet"));
}

Status FindStatus(std::uint16_t status) { return status == 0 ? OkStatus() : Failure(status); }

Status GetStatus(std::uint16_t status, unsigned failed) {
  if (status == 0 && failed == 0) return OkStatus();
  const bool only_some = status == 0 || (status >> 12) == 0xb || status == 0xa702;
  if (only_some && failed > 0) {
    return DataLossError(
        Concat("the archive could not send ", Plural(failed, "object"), " of the series"));
  }
  if ((status >> 12) == 0xb) return DataLossError("the archive did not send all of the series");
  return Failure(status);
}

bool IsTransient(const Status& status) {
  return status.code() == StatusCode::kUnavailable ||
         status.code() == StatusCode::kDeadlineExceeded;
}

bool IsOfOneSeries(const Status& status) {
  switch (status.code()) {
    case StatusCode::kDataLoss:
    case StatusCode::kAborted:
    case StatusCode::kUnknown:
    case StatusCode::kResourceExhausted:
    case StatusCode::kInvalidArgument:
      return true;
    default:
      return false;
  }
}

}  // namespace gvsl::data_loader
