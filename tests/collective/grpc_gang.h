// Gangs over loopback for tests: servers, and communicators between them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/text.h"
#include "tests/collective/communicator_conformance.h"
#include "worker/collective/grpc_peer_server.h"

namespace gvsl::collective {

using Servers = std::vector<std::unique_ptr<GrpcPeerServer>>;

inline Servers StartServers(int count, const GrpcPeerOptions& options = {}) {
  Servers servers;
  for (int i = 0; i < count; ++i) {
    auto server = GrpcPeerServer::Start(options);
    EXPECT_TRUE(server.ok()) << server.status();
    servers.push_back(*std::move(server));
  }
  return servers;
}

// The place of every server in one generation.
inline std::vector<GangPlace> Places(const Servers& servers, std::uint64_t generation,
                                     const std::string& job_uid = "heads-1f2e") {
  std::vector<std::string> addresses;
  for (const auto& server : servers) addresses.push_back(Concat("127.0.0.1:", server->port()));
  std::vector<GangPlace> places;
  for (int rank = 0; rank < std::ssize(servers); ++rank) {
    places.push_back({job_uid, generation, rank, addresses});
  }
  return places;
}

inline Gang ConnectAll(Servers& servers, std::uint64_t generation) {
  const std::vector<GangPlace> places = Places(servers, generation);
  Gang gang(servers.size());
  std::vector<std::jthread> threads;
  for (std::size_t rank = 0; rank < servers.size(); ++rank) {
    threads.emplace_back([&, rank] {
      auto communicator = servers[rank]->Connect(places[rank], std::chrono::seconds(30));
      EXPECT_TRUE(communicator.ok()) << communicator.status();
      if (communicator.ok()) gang[rank] = *std::move(communicator);
    });
  }
  threads.clear();
  return gang;
}

}  // namespace gvsl::collective
