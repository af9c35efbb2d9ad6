#include "common/message_pipe.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace gvsl {
namespace {

constexpr std::uint32_t kMaxFrameBytes = 64U << 20;

Status SendAll(int file_descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(file_descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return UnavailableError(std::string("message pipe: ") + std::strerror(errno));
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return OkStatus();
}

Status ReceiveAll(int file_descriptor, char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t received = ::recv(file_descriptor, data, size, 0);
    if (received < 0) {
      if (errno == EINTR) continue;
      return UnavailableError(std::string("message pipe: ") + std::strerror(errno));
    }
    if (received == 0) return OutOfRangeError("message pipe: the other end is gone");
    data += received;
    size -= static_cast<std::size_t>(received);
  }
  return OkStatus();
}

}  // namespace

MessagePipe::~MessagePipe() { ::close(file_descriptor_); }

Status MessagePipe::Send(std::string_view message) {
  if (message.size() > kMaxFrameBytes) return InvalidArgumentError("message pipe: frame too long");
  const auto size = static_cast<std::uint32_t>(message.size());
  std::array<char, sizeof(size)> prefix{};
  std::memcpy(prefix.data(), &size, sizeof(size));
  const std::lock_guard lock(send_mutex_);
  GVSL_RETURN_IF_ERROR(SendAll(file_descriptor_, {prefix.data(), prefix.size()}));
  return SendAll(file_descriptor_, message);
}

StatusOr<std::string> MessagePipe::Receive() {
  std::uint32_t size = 0;
  GVSL_RETURN_IF_ERROR(ReceiveAll(file_descriptor_, reinterpret_cast<char*>(&size), sizeof(size)));
  if (size > kMaxFrameBytes) return DataLossError("message pipe: frame too long");
  std::string message(size, '\0');
  GVSL_RETURN_IF_ERROR(ReceiveAll(file_descriptor_, message.data(), message.size()));
  return message;
}

void MessagePipe::Shutdown() { ::shutdown(file_descriptor_, SHUT_RDWR); }

StatusOr<std::pair<int, int>> MakeMessagePipePair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return ErrnoError(errno, "socketpair");
  }
  return std::pair(ends[0], ends[1]);
}

}  // namespace gvsl
