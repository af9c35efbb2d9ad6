// Prometheus metrics and the small HTTP server that shows them. The one place that includes
// prometheus-cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/status.h"

namespace gvsl {

using MetricLabels = std::map<std::string, std::string>;

// The metrics of one process. Families are made on first use: a name keeps its first help text and
// type. Names follow Prometheus' conventions: gvsl_ prefix, base units, _total for counters.
// Thread-safe.
class Metrics {
 public:
  // Every series carries `common` beside its own labels.
  explicit Metrics(MetricLabels common = {});
  ~Metrics();

  void SetGauge(const std::string& name, const std::string& help, double value,
                const MetricLabels& labels = {});
  void AddCounter(const std::string& name, const std::string& help, double amount = 1,
                  const MetricLabels& labels = {});
  void ObserveHistogram(const std::string& name, const std::string& help,
                        const std::vector<double>& buckets, double value,
                        const MetricLabels& labels = {});
  // Takes away every series (of any family) whose labels contain all of these: an ended job's.
  void RemoveSeries(const MetricLabels& labels);
  // Takes away every series of a gauge that has nothing to say now.
  void RemoveGauge(const std::string& name);
  // The text exposition format.
  std::string Expose() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What /healthz and /readyz answer.
struct Health {
  std::function<bool()> ready;    // 200 or 503
  std::function<void()> refresh;  // called before each scrape; may be empty
};

// Serves /metrics, /healthz and /readyz. Stops on destruction.
class MetricsServer {
 public:
  // `address` is HOST:PORT; port 0 picks one. UNAVAILABLE when it cannot be bound.
  static StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& address,
                                                        Metrics& metrics, Health health);
  ~MetricsServer();
  std::string address() const;  // HOST:PORT with the port that was bound

 private:
  struct Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gvsl
