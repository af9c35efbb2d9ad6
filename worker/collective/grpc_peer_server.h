// The trainer's door to its peers: one gRPC server for the trainer's life, one communicator for
// each generation. Connections are one a pair and generation; the higher rank calls the lower.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "worker/collective/communicator.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace gvsl::collective {

struct GrpcPeerOptions {
  // Where peers reach this process; port 0 takes a free one.
  std::string listen = "127.0.0.1:0";
  // Null: insecure, for networks where everybody is trusted.
  std::shared_ptr<grpc::ServerCredentials> server_credentials;
  std::shared_ptr<grpc::ChannelCredentials> channel_credentials;
  // A peer that says nothing for so long is lost. A trainer that computes still speaks; one that is
  // stopped or cut off from the network does not. Peers should have the same.
  Duration silence = std::chrono::seconds(2);
  // How long a peer may wait here for this rank to be told of the peer's generation.
  Duration patience = std::chrono::seconds(10);
};

// This rank's place in a generation.
struct GangPlace {
  std::string job_uid;
  std::uint64_t generation = 0;
  int rank = 0;
  std::vector<std::string> addresses;  // host:port of every rank
};

class GrpcPeerServer {
 public:
  static StatusOr<std::unique_ptr<GrpcPeerServer>> Start(const GrpcPeerOptions& options);
  // Destroy the communicators before.
  ~GrpcPeerServer();

  // The port that was bound.
  int port() const;

  // Meets the other ranks, who do the same; blocks until all are connected. From then on, frames of
  // older generations are refused here. One Connect at a time.
  //
  // DEADLINE_EXCEEDED after `timeout`, ABORTED when `stop` was requested, UNAVAILABLE when a peer
  // died meanwhile, FAILED_PRECONDITION when a peer knows a newer generation or this server does.
  // After an error `missing`, if given, holds the ranks that did not come or died.
  StatusOr<std::unique_ptr<Communicator>> Connect(const GangPlace& place, Duration timeout,
                                                  const std::stop_token& stop = {},
                                                  std::vector<int>* missing = nullptr);

 private:
  class Service;
  explicit GrpcPeerServer(std::unique_ptr<Service> service);
  std::unique_ptr<Service> service_;
};

}  // namespace gvsl::collective
