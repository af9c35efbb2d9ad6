// MPI as this process knows it: initialised once, left once. The only door to `mpi`; a build
// without MPI answers UNIMPLEMENTED (mpi_absent.cc).
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "worker/collective/communicator.h"

namespace gvsl::collective {

struct MpiWorld;

// This rank's place in a generation.
struct MpiPlace {
  std::string job_uid;
  std::uint64_t generation = 0;
  int rank = 0;
  int size = 1;
  // A peer that says nothing for so long is lost. Peers should have the same. Longer than that of
  // `grpc`: the launcher and the agents find the dead, this finds what hangs, and a false alarm
  // costs the whole launch.
  Duration silence = std::chrono::seconds(10);
  // The MPI rank of every rank; empty: rank r is MPI rank r.
  std::vector<int> mpi_ranks;
};

// Memory that is sent is the host's. Thread-safe.
class MpiProcess {
 public:
  // Once a process. Blocks until every rank of the launch does the same. FAILED_PRECONDITION where
  // the library cannot serve several threads.
  static StatusOr<std::unique_ptr<MpiProcess>> Start();
  // Without Finish, the launcher takes the end of the process for a failure.
  ~MpiProcess();

  int rank() const;
  int size() const;
  // Random; equal in all ranks of this launch and in no other.
  const std::string& launch() const;

  // Meets the other ranks, who do the same. DEADLINE_EXCEEDED after `timeout`, ABORTED when `stop`
  // was requested or a peer gave up, UNAVAILABLE when a peer is lost, FAILED_PRECONDITION when the
  // places do not fit this launch. After an error `missing`, if given, holds the ranks that did
  // not come or are lost.
  StatusOr<std::unique_ptr<Communicator>> Connect(const MpiPlace& place, Duration timeout,
                                                  const std::stop_token& stop = {},
                                                  std::vector<int>* missing = nullptr);

  // Leaves MPI together with all other ranks, after the last communicator is gone. False when that
  // did not come about in time: the process should end without it.
  bool Finish(Duration timeout);

 private:
  struct Keeper;
  explicit MpiProcess(std::shared_ptr<Keeper> keeper);
  std::shared_ptr<Keeper> keeper_;
};

}  // namespace gvsl::collective
