#include "worker/collective/mpi_process.h"

#include <array>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <numeric>
#include <random>
#include <span>
#include <thread>
#include <utility>

#include "common/text.h"
#include "worker/collective/mesh_communicator.h"
#include "worker/collective/mpi_transport.h"

namespace gvsl::collective {
namespace {

constexpr int kLaunchBytes = 8;

// The same random bytes in all ranks.
std::string AgreeOnLaunch(MPI_Comm comm) {
  std::array<char, kLaunchBytes> bytes{};
  std::random_device random;
  for (char& byte : bytes) byte = static_cast<char>(random());
  MPI_Bcast(bytes.data(), kLaunchBytes, MPI_BYTE, 0, comm);
  return HexEncode({bytes.data(), bytes.size()});
}

Status Enter(MpiWorld& world) {
  int provided = MPI_THREAD_SINGLE;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS) {
    return InternalError("MPI_Init_thread failed");
  }
  if (provided < MPI_THREAD_SERIALIZED) {
    return FailedPreconditionError("this MPI library was built for one thread only");
  }
  MPI_Comm_dup(MPI_COMM_WORLD, &world.comm);
  MPI_Comm_set_errhandler(world.comm, MPI_ERRORS_RETURN);
  MPI_Comm_rank(world.comm, &world.rank);
  MPI_Comm_size(world.comm, &world.size);
  int found = 0;
  int* highest_tag = nullptr;
  MPI_Comm_get_attr(world.comm, MPI_TAG_UB, &highest_tag, &found);
  if (found != 0) world.highest_tag = *highest_tag;
  world.launch = AgreeOnLaunch(world.comm);
  return OkStatus();
}

Status CheckPlace(const MpiPlace& place, const MpiSeat& seat, const MpiWorld& world) {
  const bool fits = place.rank >= 0 && place.rank < place.size &&
                    std::ssize(seat.mpi_ranks) == place.size &&
                    seat.mpi_ranks[static_cast<std::size_t>(place.rank)] == world.rank;
  if (!fits) {
    return FailedPreconditionError(Concat("MPI rank ", world.rank, " of ", world.size,
                                          " was told to be rank ", place.rank, " of ", place.size));
  }
  for (const int rank : seat.mpi_ranks) {
    if (rank >= 0 && rank < world.size) continue;
    return FailedPreconditionError(Concat("there is no MPI rank ", rank, " of ", world.size));
  }
  return OkStatus();
}

}  // namespace

// MPI wants to be left by the thread that entered it: this one stays for that.
struct MpiProcess::Keeper {
  enum class Stage { kEntering, kIn, kLeaving, kOut };

  void Run() {
    Status entered = Enter(*world);
    std::unique_lock lock(mutex);
    status = std::move(entered);
    stage = Stage::kIn;
    changed.notify_all();
    changed.wait(lock, [this] { return stage == Stage::kLeaving; });
    lock.unlock();
    {
      std::unique_lock mpi_lock(world->mutex);
      world->changed.wait(mpi_lock, [this] { return world->transports == 0; });
      MPI_Comm_free(&world->comm);
      MPI_Finalize();
    }
    lock.lock();
    stage = Stage::kOut;
    changed.notify_all();
  }

  const std::shared_ptr<MpiWorld> world = std::make_shared<MpiWorld>();
  std::mutex mutex;
  std::condition_variable changed;
  Stage stage = Stage::kEntering;
  Status status;
};

MpiProcess::MpiProcess(std::shared_ptr<Keeper> keeper) : keeper_(std::move(keeper)) {}
MpiProcess::~MpiProcess() = default;

StatusOr<std::unique_ptr<MpiProcess>> MpiProcess::Start() {
  auto keeper = std::make_shared<Keeper>();
  std::thread([keeper] { keeper->Run(); }).detach();
  std::unique_lock lock(keeper->mutex);
  keeper->changed.wait(lock, [&] { return keeper->stage == Keeper::Stage::kIn; });
  GVSL_RETURN_IF_ERROR(keeper->status);
  return std::unique_ptr<MpiProcess>(new MpiProcess(keeper));
}

int MpiProcess::rank() const { return keeper_->world->rank; }
int MpiProcess::size() const { return keeper_->world->size; }
const std::string& MpiProcess::launch() const { return keeper_->world->launch; }

StatusOr<std::unique_ptr<Communicator>> MpiProcess::Connect(const MpiPlace& place, Duration timeout,
                                                            const std::stop_token& stop,
                                                            std::vector<int>* missing) {
  MpiSeat seat{
      .key = {.job = std::hash<std::string>()(place.job_uid), .generation = place.generation},
      .rank = place.rank,
      .mpi_ranks = place.mpi_ranks};
  if (seat.mpi_ranks.empty()) {
    seat.mpi_ranks.resize(static_cast<std::size_t>(std::max(place.size, 0)));
    std::iota(seat.mpi_ranks.begin(), seat.mpi_ranks.end(), 0);
  }
  GVSL_RETURN_IF_ERROR(CheckPlace(place, seat, *keeper_->world));
  auto transport = std::make_unique<MpiTransport>(keeper_->world, std::move(seat), place.silence);
  GVSL_RETURN_IF_ERROR(transport->Meet(timeout, stop, missing));
  return std::unique_ptr<Communicator>(std::make_unique<MeshCommunicator>(std::move(transport)));
}

bool MpiProcess::Finish(Duration timeout) {
  const TimePoint deadline = std::chrono::steady_clock::now() + timeout;
  std::unique_lock lock(keeper_->mutex);
  if (keeper_->stage == Keeper::Stage::kIn) keeper_->stage = Keeper::Stage::kLeaving;
  keeper_->changed.notify_all();
  return keeper_->changed.wait_until(lock, deadline,
                                     [this] { return keeper_->stage == Keeper::Stage::kOut; });
}

}  // namespace gvsl::collective
