#include "worker/collective/grpc_dialler.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

#include "common/text.h"

namespace gvsl::collective {
namespace {

constexpr Duration kRedial = std::chrono::milliseconds(100);

// Exchanges Hellos over a new stream; the answer must come from `rank` of the same generation.
Status Introduce(FrameStream& stream, const v1::Hello& own, int rank) {
  v1::Frame frame;
  *frame.mutable_hello() = own;
  if (!stream.Write(frame) || !stream.Read(&frame)) {
    const Status end = stream.Close();
    return end.ok() ? UnavailableError("hung up") : end;
  }
  const v1::Hello& peer = frame.hello();
  if (peer.job_uid() == own.job_uid() && peer.generation() == own.generation() &&
      static_cast<int>(peer.rank()) == rank) {
    return OkStatus();
  }
  return FailedPreconditionError(Concat("is rank ", peer.rank(), " of generation ",
                                        peer.generation(), " of job ", peer.job_uid()));
}

void PauseUnlessStopped(const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, kRedial, [] { return false; });
}

// Until connected, refused or stopped.
StatusOr<std::unique_ptr<FrameStream>> Dial(const v1::Hello& own, int rank,
                                            const std::string& address, const DialOptions& options,
                                            const std::stop_token& stop) {
  for (;;) {
    auto stream = DialStream(address, options.credentials, options.idle_timeout_ms);
    const std::stop_callback cancel(stop, [raw = stream.get()] { raw->Cancel(); });
    const Status status = Introduce(*stream, own, rank);
    if (status.ok()) return stream;
    const bool again = status.code() == StatusCode::kUnavailable && !stop.stop_requested();
    if (!again) return status.WithContext(Concat("rank ", rank, " at ", address));
    PauseUnlessStopped(stop);
  }
}

}  // namespace

std::vector<std::jthread> DialLowerRanks(Rendezvous& rendezvous, const v1::Hello& own,
                                         const std::vector<std::string>& addresses,
                                         const DialOptions& options) {
  std::vector<std::jthread> diallers;
  for (int rank = 0; rank < static_cast<int>(own.rank()); ++rank) {
    diallers.emplace_back(
        [&rendezvous, own, rank, address = addresses[rank], options](const std::stop_token& stop) {
          auto stream = Dial(own, rank, address, options, stop);
          if (!stream.ok() && stop.stop_requested()) return;
          rendezvous.Deliver(own.generation(), {rank, std::move(stream)});
        });
  }
  return diallers;
}

}  // namespace gvsl::collective
