// The coordinator's numbers for Prometheus, taken from a snapshot before each scrape.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "common/metrics.h"
#include "coordinator/coordinator.h"

namespace gvsl::coordinator {

// Thread-safe. Series of a job carry its name and uid and go when the job has ended.
class CoordinatorMetrics {
 public:
  explicit CoordinatorMetrics(Metrics& metrics);
  void Update(const CoordinatorSnapshot& snapshot, std::chrono::system_clock::time_point now);

 private:
  void UpdateJob(const v1::Job& job, std::uint64_t lost_workers,
                 std::chrono::system_clock::time_point now);
  void UpdateGang(const v1::Job& job);
  void UpdateWorkers(const CoordinatorSnapshot& snapshot);
  void UpdateFreshness(const CoordinatorSnapshot& snapshot);
  void RemoveEnded(const CoordinatorSnapshot& snapshot);
  // Adds what a number that only grows has grown by.
  void Grow(const std::string& name, const std::string& help, double value,
            const MetricLabels& labels);

  Metrics& metrics_;
  std::mutex mutex_;
  std::map<std::pair<std::string, MetricLabels>, double> grown_;
  std::set<std::string> shown_jobs_;  // uids
};

}  // namespace gvsl::coordinator
