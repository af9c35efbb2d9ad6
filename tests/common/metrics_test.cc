#include "common/metrics.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>

namespace gvsl {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Ask(const std::string& address, const std::string& request) {
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port =
      htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
  EXPECT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&server), sizeof(server)), 0);
  EXPECT_EQ(::send(client, request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  std::string response;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = ::recv(client, buffer.data(), buffer.size(), 0)) > 0;) {
    response.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(client);
  return response;
}

std::string Get(const std::string& address, const std::string& path) {
  return Ask(address, "GET " + path + " HTTP/1.0\r\n\r\n");
}

TEST(Metrics, AreShownInTheTextFormat) {
  Metrics metrics;
  metrics.SetGauge("gvsl_job_step", "Committed steps.", 12, {{"job", "heads"}});
  metrics.AddCounter("gvsl_heartbeats_total", "Heartbeats.");
  metrics.AddCounter("gvsl_heartbeats_total", "Heartbeats.", 2);
  metrics.ObserveHistogram("gvsl_step_seconds", "Step time.", {0.1, 1}, 0.5);
  const std::string text = metrics.Expose();
  EXPECT_THAT(text, HasSubstr("# TYPE gvsl_job_step gauge"));
  EXPECT_THAT(text, HasSubstr("gvsl_job_step{job=\"heads\"} 12"));
  EXPECT_THAT(text, HasSubstr("gvsl_heartbeats_total 3"));
  EXPECT_THAT(text, HasSubstr("gvsl_step_seconds_bucket{le=\"1\"} 1"));
}

TEST(Metrics, CarryWhatIsCommonToAllOfThem) {
  Metrics metrics(MetricLabels{{"worker", "w"}});
  metrics.SetGauge("gvsl_test_age_seconds", "Age.", 1);
  metrics.AddCounter("gvsl_test_steps_total", "Steps.", 2, {{"phase", "data"}});
  const std::string text = metrics.Expose();
  EXPECT_NE(text.find("gvsl_test_age_seconds{worker=\"w\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("phase=\"data\""), std::string::npos) << text;
  metrics.RemoveSeries({{"phase", "data"}});
  EXPECT_EQ(metrics.Expose().find("phase"), std::string::npos);
}

TEST(Metrics, ForgetAGaugeThatHasNothingToSay) {
  Metrics metrics;
  metrics.SetGauge("gvsl_loss", "Loss.", 1, {{"loss", "a"}});
  metrics.SetGauge("gvsl_loss", "Loss.", 2, {{"loss", "b"}});
  metrics.SetGauge("gvsl_loss_limit", "Limit.", 3);
  metrics.RemoveGauge("gvsl_loss");
  EXPECT_THAT(metrics.Expose(), Not(HasSubstr("gvsl_loss{")));
  EXPECT_THAT(metrics.Expose(), HasSubstr("gvsl_loss_limit 3"));
}

TEST(Metrics, ForgetTheSeriesOfAnEndedJobAndNoOthers) {
  Metrics metrics;
  metrics.SetGauge("gvsl_job_step", "Committed steps.", 1, {{"job", "a"}});
  metrics.SetGauge("gvsl_job_step", "Committed steps.", 2, {{"job", "b"}});
  metrics.RemoveSeries({{"job", "a"}});
  EXPECT_THAT(metrics.Expose(), Not(HasSubstr("job=\"a\"")));
  EXPECT_THAT(metrics.Expose(), HasSubstr("job=\"b\""));
}

TEST(MetricsServer, AnswersScrapesAndProbes) {
  Metrics metrics;
  std::atomic<bool> ready = false;
  const auto server = MetricsServer::Start(
      "127.0.0.1:0", metrics,
      {.ready = [&] { return ready.load(); },
       .refresh = [&] { metrics.SetGauge("gvsl_fresh", "Set by a scrape.", 1); }});
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string address = (*server)->address();
  EXPECT_THAT(Get(address, "/metrics"), HasSubstr("gvsl_fresh 1"));
  EXPECT_THAT(Get(address, "/metrics"), HasSubstr("Content-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(Get(address, "/healthz"), HasSubstr("200 OK"));
  EXPECT_THAT(Get(address, "/readyz"), HasSubstr("503"));
  ready = true;
  EXPECT_THAT(Get(address, "/readyz"), HasSubstr("200 OK"));
  EXPECT_THAT(Get(address, "/other"), HasSubstr("404"));
  const std::string head = Ask(address, "HEAD /metrics HTTP/1.0\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("200 OK"));
  EXPECT_THAT(head, Not(HasSubstr("gvsl_fresh")));
}

TEST(MetricsServer, SaysWhenThePortIsTaken) {
  Metrics metrics;
  const auto first = MetricsServer::Start("127.0.0.1:0", metrics, {});
  ASSERT_TRUE(first.ok());
  const auto second = MetricsServer::Start((*first)->address(), metrics, {});
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace gvsl
