// One stream of CollectiveService between two ranks, from whichever end.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/status.h"
#include "gvsl/v1/collective_service.pb.h"

namespace grpc {
class ChannelCredentials;
class ServerContext;
template <class W, class R>
class ServerReaderWriter;
}  // namespace grpc

namespace gvsl::collective {

// One thread reads while another writes.
class FrameStream {
 public:
  virtual ~FrameStream() = default;
  // Blocks; false at the end of the stream, however it came.
  virtual bool Read(v1::Frame* frame) = 0;
  // Blocks while the peer does not read; false when the stream has ended.
  virtual bool Write(const v1::Frame& frame) = 0;
  // Makes what blocks return false. From any thread, at any time.
  virtual void Cancel() = 0;
  // Once nobody reads or writes any more; how the stream ended. Call once.
  virtual Status Close() = 0;
};

// Channel and server arguments of a connection whose bytes the kernel tries to deliver for so long.
std::vector<std::pair<std::string, int>> PeerConnectionArguments(int idle_timeout_ms);

// A new connection to `address`, shared with nothing, so that no other generation's back-off
// delays it. Dials when first used.
std::unique_ptr<FrameStream> DialStream(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    int idle_timeout_ms);

// The accepting end of a call; Close and destruction without Close call `closed`, after which the
// call may return.
std::unique_ptr<FrameStream> AcceptStream(grpc::ServerContext& context,
                                          grpc::ServerReaderWriter<v1::Frame, v1::Frame>& stream,
                                          std::function<void()> closed);

}  // namespace gvsl::collective
