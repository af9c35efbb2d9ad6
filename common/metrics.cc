#include "common/metrics.h"

#include <CivetServer.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <tuple>
#include <utility>

#include "common/text.h"

namespace gvsl {
namespace {

// One type's families and living series, so that a series can be found again and removed.
template <typename Metric>
class Families {
 public:
  template <typename Build, typename... Args>
  Metric& Series(const std::string& name, const std::string& help, const MetricLabels& labels,
                 const MetricLabels& common, prometheus::Registry& registry, Build build,
                 Args&&... args) {
    auto family = families_.find(name);
    if (family == families_.end()) {
      auto& made = build().Name(name).Help(help).Labels(common).Register(registry);
      family = families_.emplace(name, &made).first;
    }
    Metric*& series = series_[{name, labels}];
    if (series == nullptr) series = &family->second->Add(labels, std::forward<Args>(args)...);
    return *series;
  }

  // `matches` is called with name and labels.
  template <typename Matches>
  void RemoveIf(Matches matches) {
    std::erase_if(series_, [&](const auto& entry) {
      const auto& [name, labels] = entry.first;
      const bool goes = matches(name, labels);
      if (goes) families_.at(name)->Remove(entry.second);
      return goes;
    });
  }

  void Remove(const MetricLabels& labels) {
    RemoveIf([&](const std::string& /*name*/, const MetricLabels& series_labels) {
      return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
        const auto found = series_labels.find(label.first);
        return found != series_labels.end() && found->second == label.second;
      });
    });
  }

 private:
  std::map<std::string, prometheus::Family<Metric>*> families_;
  std::map<std::pair<std::string, MetricLabels>, Metric*> series_;
};

}  // namespace

struct Metrics::Impl {
  explicit Impl(MetricLabels labels) : common(std::move(labels)) {}

  const MetricLabels common;
  mutable std::mutex mutex;
  prometheus::Registry registry;
  Families<prometheus::Gauge> gauges;
  Families<prometheus::Counter> counters;
  Families<prometheus::Histogram> histograms;
};

Metrics::Metrics(MetricLabels common) : impl_(std::make_unique<Impl>(std::move(common))) {}
Metrics::~Metrics() = default;

void Metrics::SetGauge(const std::string& name, const std::string& help, double value,
                       const MetricLabels& labels) {
  const std::lock_guard lock(impl_->mutex);
  impl_->gauges.Series(name, help, labels, impl_->common, impl_->registry, prometheus::BuildGauge)
      .Set(value);
}

void Metrics::AddCounter(const std::string& name, const std::string& help, double amount,
                         const MetricLabels& labels) {
  const std::lock_guard lock(impl_->mutex);
  impl_->counters
      .Series(name, help, labels, impl_->common, impl_->registry, prometheus::BuildCounter)
      .Increment(amount);
}

void Metrics::ObserveHistogram(const std::string& name, const std::string& help,
                               const std::vector<double>& buckets, double value,
                               const MetricLabels& labels) {
  const std::lock_guard lock(impl_->mutex);
  impl_->histograms
      .Series(name, help, labels, impl_->common, impl_->registry, prometheus::BuildHistogram,
              prometheus::Histogram::BucketBoundaries(buckets))
      .Observe(value);
}

void Metrics::RemoveSeries(const MetricLabels& labels) {
  const std::lock_guard lock(impl_->mutex);
  impl_->gauges.Remove(labels);
  impl_->counters.Remove(labels);
  impl_->histograms.Remove(labels);
}

void Metrics::RemoveGauge(const std::string& name) {
  const std::lock_guard lock(impl_->mutex);
  impl_->gauges.RemoveIf(
      [&](const std::string& one, const MetricLabels& /*labels*/) { return one == name; });
}

std::string Metrics::Expose() const {
  const std::lock_guard lock(impl_->mutex);
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

namespace {

class Page final : public CivetHandler {
 public:
  using Content = std::function<std::pair<int, std::string>()>;
  Page(std::string type, Content content) : type_(std::move(type)), content_(std::move(content)) {}

  bool handleGet(CivetServer* /*server*/, mg_connection* connection) override {
    return Answer(connection, /*with_body=*/true);
  }
  bool handleHead(CivetServer* /*server*/, mg_connection* connection) override {
    return Answer(connection, /*with_body=*/false);
  }

 private:
  bool Answer(mg_connection* connection, bool with_body) {
    const auto [status, body] = content_();
    mg_printf(connection,
              "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
              "Connection: close\r\n\r\n",
              status, status == 200 ? "OK" : "Service Unavailable", type_.c_str(), body.size());
    if (with_body) mg_write(connection, body.data(), body.size());
    return true;
  }

  std::string type_;
  Content content_;
};

constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr char kPlainType[] = "text/plain; charset=utf-8";

}  // namespace

struct MetricsServer::Impl {
  Page metrics, health, ready;
  std::string host;
  std::unique_ptr<CivetServer> server;  // last: stops before the pages go
};

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() = default;

StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& address,
                                                              Metrics& metrics, Health health) {
  const auto refresh = std::move(health.refresh);
  const auto is_ready = std::move(health.ready);
  auto impl = std::unique_ptr<Impl>(new Impl{
      .metrics = Page(kMetricsType,
                      [&metrics, refresh] {
                        if (refresh) refresh();
                        return std::pair(200, metrics.Expose());
                      }),
      .health = Page(kPlainType, [] { return std::pair(200, std::string("ok\n")); }),
      .ready = Page(kPlainType,
                    [is_ready] {
                      const bool ok = !is_ready || is_ready();
                      return std::pair(ok ? 200 : 503, std::string(ok ? "ready\n" : "not ready\n"));
                    }),
      .host = address.substr(0, address.rfind(':')),
      .server = nullptr,
  });
  try {
    impl->server = std::make_unique<CivetServer>(
        // A connection that says nothing holds a thread until the limit.
        std::vector<std::string>{"listening_ports", address, "num_threads", "16",
                                 "request_timeout_ms", "2000"});
  } catch (const CivetException&) {
    return UnavailableError(Concat("cannot listen on ", address, " for HTTP"));
  }
  impl->server->addHandler("/metrics", impl->metrics);
  impl->server->addHandler("/healthz", impl->health);
  impl->server->addHandler("/readyz", impl->ready);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

std::string MetricsServer::address() const {
  return Concat(impl_->host, ":", impl_->server->getListeningPorts().front());
}

}  // namespace gvsl
