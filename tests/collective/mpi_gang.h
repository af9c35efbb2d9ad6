// Gangs over MPI for tests. Started alone, all ranks are threads of this process, which send to
// themselves; started by mpirun, this process has one rank of a gang as large as the launch.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/collective/communicator_conformance.h"
#include "worker/collective/mpi_process.h"

namespace gvsl::collective {

// The launch's size as the launcher says it; 1 without one. Does not touch MPI.
inline int LaunchSize() {
  const char* size = std::getenv("OMPI_COMM_WORLD_SIZE");
  return size == nullptr ? 1 : std::atoi(size);
}

// Starts MPI when first asked, for the life of the process.
inline MpiProcess& Mpi() {
  static const std::unique_ptr<MpiProcess> process = [] {
    auto started = MpiProcess::Start();
    EXPECT_TRUE(started.ok()) << started.status();
    return *std::move(started);
  }();
  return *process;
}

class LeavesMpiAtTheEnd : public testing::Environment {
 public:
  void TearDown() override { EXPECT_TRUE(Mpi().Finish(std::chrono::seconds(30))); }
};

inline Gang MakeMpiCommunicators(int ranks) {
  static std::uint64_t generation = 0;
  ++generation;
  Gang gang(ranks);
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    if (LaunchSize() > 1 && rank != Mpi().rank()) continue;
    MpiPlace place{.job_uid = "heads-1f2e", .generation = generation, .rank = rank, .size = ranks};
    if (LaunchSize() == 1) place.mpi_ranks.assign(ranks, Mpi().rank());
    threads.emplace_back([&gang, place] {
      auto communicator = Mpi().Connect(place, std::chrono::seconds(30));
      EXPECT_TRUE(communicator.ok()) << communicator.status();
      if (!communicator.ok()) return;
      // A test may abort at once, which a process that still connects would take for a failure of
      // that. Past the barrier all have connected; whoever is still in it then has the abort there.
      if (LaunchSize() > 1) (void)(*communicator)->Barrier();
      gang[place.rank] = *std::move(communicator);
    });
  }
  threads.clear();
  return gang;
}

}  // namespace gvsl::collective
