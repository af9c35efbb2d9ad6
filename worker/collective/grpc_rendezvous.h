// Where the streams of a generation meet the Connect that waits for them, and where strangers are
// turned away (fencing). Knows frames and streams, no gRPC calls.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "worker/collective/grpc_frame_stream.h"

namespace gvsl::collective {

// Thread-safe. One generation is open at a time.
class Rendezvous {
 public:
  struct Arrival {
    int rank = 0;
    StatusOr<std::unique_ptr<FrameStream>> stream;
  };

  // This rank was told of the generation, which has so many ranks: older ones are refused from now
  // on. FAILED_PRECONDITION when it was told of a newer one of this job, or of this one, before.
  Status Open(const v1::Hello& own, std::size_t ranks);
  // No stream of the open generation is taken any more.
  void Close();
  // Nobody waits any more; for good.
  void Shutdown();

  // A peer introduces itself. One of a generation that this rank has not been told of yet waits
  // until it is, at most `patience`, then UNAVAILABLE; older generations, other jobs and ranks that
  // do not call (the higher calls, once) are FAILED_PRECONDITION. `is_gone` ends the waiting early.
  // Returns this rank's own Hello.
  StatusOr<v1::Hello> Admit(const v1::Hello& peer, Duration patience,
                            const std::function<bool()>& is_gone);
  // The peer was admitted but never heard of it: it may call again.
  void Withdraw(const v1::Hello& peer);
  // A stream of the generation, or why there will be none; refused ones are destroyed.
  void Deliver(std::uint64_t generation, Arrival arrival);
  // What was delivered since; waits up to `timeout` for something.
  std::vector<Arrival> Arrivals(Duration timeout);

 private:
  using Lock = std::unique_lock<std::mutex>;
  // OK: admitted. UNAVAILABLE: wait.
  Status Judge(const v1::Hello& peer) const;

  std::mutex mutex_;
  std::condition_variable changed_;
  v1::Hello own_;  // of the newest generation that this rank was told of
  std::size_t ranks_ = 0;
  bool open_ = false;
  bool shut_down_ = false;
  std::vector<std::uint32_t> admitted_;
  std::vector<Arrival> arrivals_;
};

}  // namespace gvsl::collective
