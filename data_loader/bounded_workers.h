// Many pieces of work on a few threads, within a budget of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "common/status.h"

namespace gvsl::data_loader {

struct WorkBounds {
  unsigned threads = 1;            // at least 1; the caller's own is one of them
  std::uint64_t memory_bytes = 0;  // 0: no bound
};

// Calls `work(k)` once for each k below needs.size(), in this order, each as soon as a thread is
// free and the needs (bytes) of what is at work leave room for needs[k]; what needs more than the
// whole budget runs alone. Nothing is begun any more once a call failed or `stop` (may be empty)
// said so; what is at work is waited for. The first error, CANCELLED after a stop, or OK. An
// exception of `work` becomes RESOURCE_EXHAUSTED (no memory) or INTERNAL.
Status RunBounded(const std::vector<std::uint64_t>& needs, const WorkBounds& bounds,
                  const std::function<bool()>& stop,
                  const std::function<Status(std::size_t)>& work);

}  // namespace gvsl::data_loader
