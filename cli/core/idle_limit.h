// Ends a streaming call that says nothing for too long; a deadline would end long ones, too.
#pragma once

#include <grpcpp/client_context.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/clock.h"

namespace gvsl::cli {

class IdleLimit {
 public:
  // Cancels `call` when `limit` passes without Feed(), until Stop() or the destructor.
  IdleLimit(grpc::ClientContext& call, Duration limit);
  ~IdleLimit();
  IdleLimit(const IdleLimit&) = delete;
  IdleLimit& operator=(const IdleLimit&) = delete;

  void Feed();
  void Stop();
  // Whether this has cancelled the call.
  bool expired() const;

 private:
  void Wait(Duration limit);

  grpc::ClientContext& call_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool fed_ = false;
  bool stopped_ = false;
  bool expired_ = false;
  std::thread thread_;
};

}  // namespace gvsl::cli
