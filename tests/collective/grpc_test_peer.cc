// A rank as a process of its own, for tests that kill or stop it:
//   grpc_test_peer RANK FLOATS
// prints its port, reads a line with the addresses of all ranks, and sums until an error.
#include <iostream>
#include <sstream>
#include <string>

#include "tests/collective/endless_sums.h"
#include "worker/collective/grpc_peer_server.h"

using gvsl::collective::GangPlace;
using gvsl::collective::GrpcPeerServer;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto server = GrpcPeerServer::Start({});
  if (!server.ok()) return 3;
  std::cout << (*server)->port() << std::endl;
  GangPlace place{"heads-1f2e", 1, std::stoi(argv[1]), {}};
  std::string line;
  std::getline(std::cin, line);
  std::istringstream words(line);
  for (std::string address; words >> address;) place.addresses.push_back(address);
  auto communicator = (*server)->Connect(place, std::chrono::seconds(30));
  if (!communicator.ok()) return 4;
  const gvsl::Status status =
      gvsl::collective::SumUntilError(**communicator, std::stoul(argv[2]), [](int) {});
  std::cout << status << std::endl;
  return 0;
}
