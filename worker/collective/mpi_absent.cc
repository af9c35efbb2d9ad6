// Stands for mpi_process.cc in a program that is built without MPI.
#include "worker/collective/mpi_process.h"

namespace gvsl::collective {

struct MpiProcess::Keeper {};

namespace {

Status Absent() { return UnimplementedError("this program was built without MPI"); }

}  // namespace

MpiProcess::MpiProcess(std::shared_ptr<Keeper> keeper) : keeper_(std::move(keeper)) {}
MpiProcess::~MpiProcess() = default;

StatusOr<std::unique_ptr<MpiProcess>> MpiProcess::Start() { return Absent(); }

int MpiProcess::rank() const { return 0; }
int MpiProcess::size() const { return 1; }
const std::string& MpiProcess::launch() const {
  static const std::string none;
  return none;
}

StatusOr<std::unique_ptr<Communicator>> MpiProcess::Connect(const MpiPlace&, Duration,
                                                            const std::stop_token&,
                                                            std::vector<int>*) {
  return Absent();
}

bool MpiProcess::Finish(Duration) { return false; }

}  // namespace gvsl::collective
