// The calling half of a generation's connections: the higher rank calls the lower.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gvsl/v1/collective_service.pb.h"
#include "worker/collective/grpc_rendezvous.h"

namespace gvsl::collective {

struct DialOptions {
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  int idle_timeout_ms = 0;  // of DialStream
};

// One thread for every rank below `own`, each of which delivers a stream or a refusal to the
// rendezvous. Who cannot be reached, or has not been told of the generation, is called again until
// the threads are stopped.
std::vector<std::jthread> DialLowerRanks(Rendezvous& rendezvous, const v1::Hello& own,
                                         const std::vector<std::string>& addresses,
                                         const DialOptions& options);

}  // namespace gvsl::collective
