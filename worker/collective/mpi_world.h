// What all communicators over MPI in one process share.
#pragma once

#include <mpi.h>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gvsl::collective {

// A send that MPI may still read.
struct MpiSend {
  std::vector<std::byte> bytes;
  MPI_Request request = MPI_REQUEST_NULL;
};

// MPI is asked for MPI_THREAD_SERIALIZED: every call is made, and everything of the links is
// touched, with `mutex` held.
struct MpiWorld {
  std::mutex mutex;
  MPI_Comm comm = MPI_COMM_NULL;  // a duplicate of MPI_COMM_WORLD that returns errors
  int rank = 0;
  int size = 1;
  int highest_tag = 32767;
  int transports = 0;               // alive
  std::condition_variable changed;  // the number of them
  std::string launch;               // random; the same in all ranks of this launch, and in no other
  // Sends that nobody received before their generation ended. Their memory must stay.
  std::vector<std::unique_ptr<MpiSend>> unreceived;
};

// What MPI says about an error code.
std::string MpiErrorText(int code);

}  // namespace gvsl::collective
