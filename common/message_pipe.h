// Framed messages over a stream socket between two processes of one machine: 4 bytes little-endian
// length, then the bytes (a serialized Protobuf message). The end of the other process is the end
// of the stream.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/status.h"

namespace gvsl {

// Owns the file descriptor. One thread may receive while others send.
class MessagePipe {
 public:
  explicit MessagePipe(int file_descriptor) : file_descriptor_(file_descriptor) {}
  ~MessagePipe();
  MessagePipe(const MessagePipe&) = delete;
  MessagePipe& operator=(const MessagePipe&) = delete;

  // Blocks until written. UNAVAILABLE when the other end is gone.
  Status Send(std::string_view message);
  // Blocks for the next message; OUT_OF_RANGE at the end of the stream. Frames over 64 MiB are
  // DATA_LOSS.
  StatusOr<std::string> Receive();
  // Wakes a blocked Receive, here and on the other side.
  void Shutdown();

 private:
  std::mutex send_mutex_;
  int file_descriptor_;
};

// A connected pair (socketpair): [0] stays, [1] is meant to be inherited by a child; both are
// close-on-exec.
StatusOr<std::pair<int, int>> MakeMessagePipePair();

}  // namespace gvsl
