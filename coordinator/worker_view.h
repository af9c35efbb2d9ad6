// What the pure deciders know of a worker: a snapshot that the worker pool hands out.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/clock.h"
#include "gvsl/v1/worker_service.pb.h"

namespace gvsl::coordinator {

struct WorkerView {
  std::string name;
  std::string incarnation;
  std::string version;
  std::string device;
  std::uint32_t threads = 0;
  std::string numeric_class;
  v1::StaticGang static_gang;  // without an id: of the pool
  bool leaving = false;
  // A heartbeat came since the worker registered; before that, `report` says nothing.
  bool reported = false;
  TimePoint last_heartbeat;
  std::uint64_t sequence = 0;  // of the last heartbeat
  // The last heartbeat named the directive that the worker should hold now.
  bool holds_directive = false;
  v1::TrainerReport report;
};

// Workers whose lease has not run out, by name.
using WorkerViews = std::map<std::string, WorkerView>;

}  // namespace gvsl::coordinator
