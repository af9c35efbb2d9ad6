#include "worker/collective/nccl_communicator.h"

#include <ATen/Context.h>
#include <c10/cuda/CUDAGuard.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "common/text.h"
#include "worker/collective/nccl_library.h"
#include "worker/collective/tree_sum.h"

namespace gvsl::collective {
namespace {

using Clock = std::chrono::steady_clock;

// How often the host looks whether the device is done: far below a step, far above a system call.
constexpr auto kLook = std::chrono::microseconds(50);
// NCCL finds a dead peer at once, and its control connection soon after: who it was is worth a
// wait.
constexpr auto kNameCulprit = std::chrono::seconds(3);

template <typename T>
std::span<std::byte> BytesOf(T& value) {
  return std::as_writable_bytes(std::span<T, 1>(&value, 1));
}

// A group is the thread's, not the communicator's: one that stays open would swallow the next
// generation's calls.
class NcclGroup {
 public:
  NcclGroup() { status_ = CheckNccl(ncclGroupStart(), "ncclGroupStart"); }
  ~NcclGroup() {
    if (open_) (void)ncclGroupEnd();
  }
  NcclGroup(const NcclGroup&) = delete;
  NcclGroup& operator=(const NcclGroup&) = delete;

  void Add(ncclResult_t result, const char* call, ncclComm_t comm) {
    if (status_.ok()) status_ = CheckNccl(result, call, comm);
  }
  // The first error of all.
  Status End(ncclComm_t comm) {
    open_ = false;
    Add(ncclGroupEnd(), "ncclGroupEnd", comm);
    return status_;
  }

 private:
  Status status_;
  bool open_ = true;
};

class NcclCommunicator final : public Communicator {
 public:
  NcclCommunicator(std::shared_ptr<Communicator> control, const NcclOptions& options)
      : options_(options), memory_(options.device), control_(std::move(control)) {}
  ~NcclCommunicator() override;

  // Joins the ranks; before any verb.
  Status Form();

  int rank() const override { return control_->rank(); }
  int size() const override { return control_->size(); }
  FloatMemory& memory() override { return memory_; }
  Status TreeSum(const SlotTree& tree, std::span<const int> owners,
                 std::map<SlotNode, std::span<float>>& parts, std::span<float> total) override;
  Status StartAllReduce(std::span<float> values) override;
  Status FinishAllReduces() override;
  Status Broadcast(int root, std::span<std::byte> bytes) override {
    return Finish(control_->Broadcast(root, bytes));
  }
  Status Barrier() override { return Finish(control_->Barrier()); }
  void Abort(const Status& why) override { control_->Abort(why); }
  std::vector<int> LostRanks() const override { return control_->LostRanks(); }
  Status failure() const override { return control_->failure(); }

 private:
  Status CheckOwnGpus();
  // An error ends the communicator, here and on the peers.
  Status Finish(Status status);
  Status Call(ncclResult_t result, const char* call);
  // Until `is_over` says so, NCCL or the control communicator fails, or it is too late.
  Status AwaitUntil(std::optional<Clock::time_point> deadline,
                    const std::function<StatusOr<bool>()>& is_over);
  Status AwaitStream(cudaStream_t stream);
  Status AwaitCalls();
  void AbortNccl();

  // What TreeSum exchanges, before and after it adds.
  Status ExchangeParts(std::span<const int> owners, const SlotTree& tree,
                       const std::map<SlotNode, std::span<float>>& parts, std::size_t floats);
  Status ExchangeTotals(std::span<float> total);

  std::size_t ChunkBegin(int chunk, std::size_t floats) const { return floats * chunk / size(); }
  std::size_t ChunkSize(int chunk, std::size_t floats) const {
    return ChunkBegin(chunk + 1, floats) - ChunkBegin(chunk, floats);
  }
  static cudaStream_t Stream() { return c10::cuda::getCurrentCUDAStream().stream(); }

  const NcclOptions options_;
  DeviceMemory memory_;
  std::shared_ptr<Communicator> control_;
  ncclComm_t comm_ = nullptr;
  std::map<SlotNode, FloatBuffer> received_;  // this rank's chunk of every foreign maximal node
  // All-reduces run beside what computes.
  std::optional<c10::cuda::CUDAStream> side_stream_;
  StreamEvent filled_;
  StreamEvent done_;
};

Status NcclCommunicator::Call(ncclResult_t result, const char* call) {
  return CheckNccl(result, call, comm_);
}

Status NcclCommunicator::CheckOwnGpus() {
  cudaDeviceProp facts{};
  GVSL_RETURN_IF_ERROR(
      CheckCuda(cudaGetDeviceProperties(&facts, options_.device), "cudaGetDeviceProperties"));
  std::vector<std::array<char, sizeof(facts.uuid.bytes)>> gpus(size());
  std::memcpy(gpus[rank()].data(), facts.uuid.bytes, sizeof(facts.uuid.bytes));
  for (int peer = 0; peer < size(); ++peer) {
    GVSL_RETURN_IF_ERROR(control_->Broadcast(peer, BytesOf(gpus[peer])));
  }
  for (int peer = 0; peer < size(); ++peer) {
    const auto first = std::ranges::find(gpus, gpus[peer]) - gpus.begin();
    if (first == peer) continue;
    return FailedPreconditionError(
        Concat("rank ", first, " and rank ", peer, " share one GPU; NCCL needs one for each"));
  }
  return OkStatus();
}

Status NcclCommunicator::Form() {
  const Clock::time_point deadline = Clock::now() + options_.form;
  at::globalContext().lazyInitDevice(c10::kCUDA);  // LibTorch's memory there, which nobody used yet
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(options_.device));
  const Status own_gpus = CheckOwnGpus();
  if (own_gpus.code() == StatusCode::kFailedPrecondition) return own_gpus;
  GVSL_RETURN_IF_ERROR(Finish(own_gpus));
  ncclUniqueId id{};
  if (rank() == 0) {
    GVSL_RETURN_IF_ERROR(Finish(CheckNccl(ncclGetUniqueId(&id), "ncclGetUniqueId")));
  }
  GVSL_RETURN_IF_ERROR(Finish(control_->Broadcast(0, BytesOf(id))));
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  const ncclResult_t begun = ncclCommInitRankConfig(&comm_, size(), id, rank(), &config);
  Status status = Call(begun, "ncclCommInitRank");
  if (status.ok()) status = AwaitUntil(deadline, [] { return true; });
  return Finish(std::move(status));
}

NcclCommunicator::~NcclCommunicator() {
  if (comm_ == nullptr) return;
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(options_.device));
  // Finalising flushes what peers still read; it needs them, so that after a failure there is only
  // the abort.
  if (control_->failure().ok() && Call(ncclCommFinalize(comm_), "ncclCommFinalize").ok() &&
      AwaitUntil(Clock::now() + options_.abort, [] { return true; }).ok()) {
    (void)ncclCommDestroy(std::exchange(comm_, nullptr));
  }
  AbortNccl();
}

Status NcclCommunicator::Finish(Status status) {
  if (status.ok()) return status;
  if (control_->failure().ok()) control_->Abort(status);
  AbortNccl();
  // A peer's abort and its loss keep the code that says so.
  const bool of_peers =
      status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kAborted;
  return of_peers && !control_->LostRanks().empty() ? control_->failure() : status;
}

void NcclCommunicator::AbortNccl() {
  if (comm_ == nullptr) return;
  struct Progress {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
  };
  const auto progress = std::make_shared<Progress>();
  std::thread([progress, comm = std::exchange(comm_, nullptr), device = options_.device] {
    (void)cudaSetDevice(device);
    (void)ncclCommAbort(comm);
    const std::lock_guard lock(progress->mutex);
    progress->done = true;
    progress->changed.notify_all();
  }).detach();
  std::unique_lock lock(progress->mutex);
  const bool done =
      progress->changed.wait_for(lock, options_.abort, [&] { return progress->done; });
  lock.unlock();
  if (done) return;
  options_.on_hung_abort(
      Concat("NCCL has not ended within ", ToSeconds(options_.abort), " s of its abort"));
}

Status NcclCommunicator::AwaitUntil(std::optional<Clock::time_point> deadline,
                                    const std::function<StatusOr<bool>()>& is_over) {
  while (true) {
    ncclResult_t state = ncclSuccess;
    GVSL_RETURN_IF_ERROR(Call(ncclCommGetAsyncError(comm_, &state), "ncclCommGetAsyncError"));
    const Status asynchronous = Call(state, "asynchronous error");
    if (!asynchronous.ok()) {
      const Clock::time_point patience = Clock::now() + kNameCulprit;
      while (control_->failure().ok() && Clock::now() < patience)
        std::this_thread::sleep_for(kLook);
      const Status named = control_->failure();
      return named.ok() ? asynchronous : named;
    }
    if (state == ncclSuccess) {
      GVSL_ASSIGN_OR_RETURN(const bool over, is_over());
      if (over) return OkStatus();
    }
    GVSL_RETURN_IF_ERROR(control_->failure());
    if (deadline && Clock::now() > *deadline) {
      return DeadlineExceededError("NCCL: not every rank has joined in time");
    }
    std::this_thread::sleep_for(kLook);
  }
}

Status NcclCommunicator::AwaitCalls() {
  return AwaitUntil({}, [] { return true; });
}

Status NcclCommunicator::AwaitStream(cudaStream_t stream) {
  GVSL_RETURN_IF_ERROR(done_.Record(stream));
  return AwaitUntil({}, [this] { return done_.IsReached(); });
}

Status NcclCommunicator::TreeSum(const SlotTree& tree, std::span<const int> owners,
                                 std::map<SlotNode, std::span<float>>& parts,
                                 std::span<float> total) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(options_.device));
  Status status = control_->failure();
  if (status.ok()) status = CheckTreeSum(tree, owners, rank(), size(), parts, total.size());
  if (status.ok()) status = ExchangeParts(owners, tree, parts, total.size());
  if (!status.ok()) return Finish(std::move(status));
  const std::size_t begin = ChunkBegin(rank(), total.size());
  const std::size_t floats = ChunkSize(rank(), total.size());
  if (floats > 0) {
    const auto held = [&](SlotNode node) -> std::optional<std::span<float>> {
      if (const auto own = parts.find(node); own != parts.end()) {
        return own->second.subspan(begin, floats);
      }
      const auto foreign = received_.find(node);
      if (foreign == received_.end()) return std::nullopt;
      return foreign->second.span();
    };
    const std::span<float> sum = SumUnder(tree.root(), memory_, held);
    status = CheckCuda(cudaMemcpyAsync(total.data() + begin, sum.data(), sum.size_bytes(),
                                       cudaMemcpyDeviceToDevice, Stream()),
                       "cudaMemcpy");
  }
  if (status.ok()) status = ExchangeTotals(total);
  if (status.ok()) status = AwaitStream(Stream());
  return Finish(std::move(status));
}

Status NcclCommunicator::ExchangeParts(std::span<const int> owners, const SlotTree& tree,
                                       const std::map<SlotNode, std::span<float>>& parts,
                                       std::size_t floats) {
  const std::size_t own = ChunkSize(rank(), floats);
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == rank()) continue;
    for (const SlotNode node : tree.MaximalNodes(owners, peer)) {
      FloatBuffer& buffer = received_[node];
      if (buffer.span().size() != own) buffer = FloatBuffer(memory_, own);
    }
  }
  NcclGroup group;
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == rank()) continue;
    const std::size_t begin = ChunkBegin(peer, floats);
    const std::size_t count = ChunkSize(peer, floats);
    for (const auto& [node, sum] : parts) {
      if (count == 0) break;
      group.Add(ncclSend(sum.data() + begin, count, ncclFloat, peer, comm_, Stream()), "ncclSend",
                comm_);
    }
    for (const SlotNode node : tree.MaximalNodes(owners, peer)) {
      if (own == 0) break;
      group.Add(ncclRecv(received_[node].span().data(), own, ncclFloat, peer, comm_, Stream()),
                "ncclRecv", comm_);
    }
  }
  GVSL_RETURN_IF_ERROR(group.End(comm_));
  return AwaitCalls();
}

Status NcclCommunicator::ExchangeTotals(std::span<float> total) {
  const std::size_t own = ChunkSize(rank(), total.size());
  const std::size_t own_begin = ChunkBegin(rank(), total.size());
  NcclGroup group;
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == rank()) continue;
    const std::size_t count = ChunkSize(peer, total.size());
    if (own > 0) {
      group.Add(ncclSend(total.data() + own_begin, own, ncclFloat, peer, comm_, Stream()),
                "ncclSend", comm_);
    }
    if (count > 0) {
      float* const into = total.data() + ChunkBegin(peer, total.size());
      group.Add(ncclRecv(into, count, ncclFloat, peer, comm_, Stream()), "ncclRecv", comm_);
    }
  }
  GVSL_RETURN_IF_ERROR(group.End(comm_));
  return AwaitCalls();
}

Status NcclCommunicator::StartAllReduce(std::span<float> values) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(options_.device));
  if (!side_stream_) {
    side_stream_ = c10::cuda::getStreamFromPool(/*isHighPriority=*/true,
                                                static_cast<c10::DeviceIndex>(options_.device));
  }
  Status status = control_->failure();
  if (status.ok()) status = filled_.Record(Stream());
  if (status.ok()) status = filled_.Hold(side_stream_->stream());
  if (status.ok() && !values.empty()) {
    status = Call(ncclAllReduce(values.data(), values.data(), values.size(), ncclFloat, ncclSum,
                                comm_, side_stream_->stream()),
                  "ncclAllReduce");
  }
  if (status.ok()) status = AwaitCalls();
  return Finish(std::move(status));
}

Status NcclCommunicator::FinishAllReduces() {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(options_.device));
  GVSL_RETURN_IF_ERROR(control_->failure());
  if (!side_stream_) return OkStatus();
  Status status = AwaitStream(side_stream_->stream());
  if (status.ok()) status = done_.Hold(Stream());
  return Finish(std::move(status));
}

}  // namespace

StatusOr<std::unique_ptr<Communicator>> MakeNcclCommunicator(std::shared_ptr<Communicator> control,
                                                             const NcclOptions& options) {
  auto communicator = std::make_unique<NcclCommunicator>(std::move(control), options);
  GVSL_RETURN_IF_ERROR(communicator->Form());
  return std::unique_ptr<Communicator>(std::move(communicator));
}

}  // namespace gvsl::collective
