// gvsl-bench-allreduce [MEGABYTES [REPEATS]]: the time of one TreeSum of float32 gradients over two
// ranks, for each way in which they can be connected. A table for people, then one line of JSON.
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.h"
#include "common/text.h"
#include "worker/collective/grpc_peer_server.h"
#include "worker/collective/local_communicator.h"

extern char** environ;

namespace gvsl::collective {
namespace {

constexpr int kSlots = 4;
const std::vector<int> kOwners = {0, 0, 1, 1};

struct Options {
  int megabytes = 88;
  int repeats = 7;
};

// Seconds of each repeat on this rank; the first is warm-up and left out.
StatusOr<std::vector<double>> TimeSums(Communicator& communicator, const Options& options) {
  const SlotTree tree(kSlots);
  const std::size_t floats =
      static_cast<std::size_t>(options.megabytes) * 1'000'000 / sizeof(float);
  std::vector<float> gradient(floats, 1.0F), total(floats);
  std::vector<double> seconds;
  for (int i = 0; i <= options.repeats; ++i) {
    std::map<SlotNode, std::span<float>> parts;
    parts[tree.MaximalNodes(kOwners, communicator.rank()).at(0)] = gradient;
    GVSL_RETURN_IF_ERROR(communicator.Barrier());
    const auto start = std::chrono::steady_clock::now();
    GVSL_RETURN_IF_ERROR(communicator.TreeSum(tree, kOwners, parts, total));
    if (i > 0) seconds.push_back(ToSeconds(std::chrono::steady_clock::now() - start));
  }
  return seconds;
}

StatusOr<std::vector<double>> LocalThreads(const Options& options) {
  auto gang = MakeLocalCommunicators(2);
  std::jthread peer([&] { static_cast<void>(TimeSums(*gang[1], options)); });
  return TimeSums(*gang[0], options);
}

StatusOr<std::vector<double>> SumAsRank(GrpcPeerServer& server, int rank, const std::string& first,
                                        const Options& options) {
  const GangPlace place{"bench", 1, rank, {first, "dials, and is not dialled"}};
  GVSL_ASSIGN_OR_RETURN(const auto communicator, server.Connect(place, std::chrono::seconds(30)));
  return TimeSums(*communicator, options);
}

StatusOr<std::vector<double>> GrpcThreads(const Options& options) {
  GVSL_ASSIGN_OR_RETURN(const auto server, GrpcPeerServer::Start({}));
  GVSL_ASSIGN_OR_RETURN(const auto other, GrpcPeerServer::Start({}));
  const std::string first = Concat("127.0.0.1:", server->port());
  std::jthread peer([&] { static_cast<void>(SumAsRank(*other, 1, first, options)); });
  return SumAsRank(*server, 0, first, options);
}

StatusOr<std::vector<double>> GrpcProcesses(const Options& options) {
  GVSL_ASSIGN_OR_RETURN(const auto server, GrpcPeerServer::Start({}));
  const std::string first = Concat("127.0.0.1:", server->port());
  std::vector<std::string> words = {"gvsl-bench-allreduce", std::to_string(options.megabytes),
                                    std::to_string(options.repeats), first};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ);
  if (error != 0) return ErrnoError(error, "starting the second process");
  auto seconds = SumAsRank(*server, 0, first, options);
  waitpid(child, nullptr, 0);
  return seconds;
}

struct Way {
  const char* name;
  StatusOr<std::vector<double>> (*run)(const Options& options);
};
constexpr Way kWays[] = {{"local threads", LocalThreads},
                         {"grpc threads", GrpcThreads},
                         {"grpc processes", GrpcProcesses}};

nlohmann::json Report(const std::string& name, std::vector<double> seconds,
                      const Options& options) {
  std::ranges::sort(seconds);
  const double median = seconds[seconds.size() / 2];
  const double rate = options.megabytes / median / 1000;
  std::cout << std::left << std::setw(18) << name << std::right << std::fixed
            << std::setprecision(4) << std::setw(10) << seconds.front() << std::setw(10) << median
            << std::setw(10) << seconds.back() << std::setprecision(2) << std::setw(10) << rate
            << "\n";
  return {{"transport", name},
          {"min_seconds", seconds.front()},
          {"median_seconds", median},
          {"max_seconds", seconds.back()},
          {"gigabytes_per_second", rate}};
}

int Main(int argc, char** argv) {
  Options options;
  if (argc > 1) options.megabytes = std::max(1, std::atoi(argv[1]));
  if (argc > 2) options.repeats = std::max(1, std::atoi(argv[2]));
  if (argc > 3) {
    const auto server = GrpcPeerServer::Start({});
    return server.ok() && SumAsRank(**server, 1, argv[3], options).ok() ? 0 : 1;
  }
  std::cout << "TreeSum of " << options.megabytes << " MB float32 over 2 ranks, seconds\n"
            << "transport                min    median       max      GB/s\n";
  nlohmann::json rows;
  for (const Way& way : kWays) {
    auto seconds = way.run(options);
    if (!seconds.ok()) {
      std::cerr << way.name << ": " << seconds.status() << "\n";
      return 1;
    }
    rows.push_back(Report(way.name, *std::move(seconds), options));
  }
  std::cout << nlohmann::json{{"benchmark", "allreduce"},
                              {"ranks", 2},
                              {"megabytes", options.megabytes},
                              {"repeats", options.repeats},
                              {"rows", rows}}
                   .dump()
            << "\n";
  return 0;
}

}  // namespace
}  // namespace gvsl::collective

int main(int argc, char** argv) { return gvsl::collective::Main(argc, argv); }
