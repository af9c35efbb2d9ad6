// One rank is a real process, which is killed or stopped in the middle of a tree sum.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "tests/collective/endless_sums.h"
#include "tests/collective/grpc_gang.h"

extern char** environ;

namespace gvsl::collective {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

// A child of grpc_test_peer; killed at the end.
class PeerProcess {
 public:
  PeerProcess(int rank, std::size_t floats) {
    int to_child[2], from_child[2];
    EXPECT_EQ(pipe2(to_child, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(from_child, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_child[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from_child[1], 1);
    std::string program = GVSL_TEST_PEER, rank_word = std::to_string(rank);
    std::string floats_word = std::to_string(floats);
    char* arguments[] = {program.data(), rank_word.data(), floats_word.data(), nullptr};
    EXPECT_EQ(posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(to_child[0]);
    close(from_child[1]);
    input_ = fdopen(to_child[1], "w");
    output_ = fdopen(from_child[0], "r");
    EXPECT_EQ(fscanf(output_, "%d", &port_), 1);
  }
  ~PeerProcess() {
    Signal(SIGKILL);
    waitpid(pid_, nullptr, 0);
    fclose(input_);
    fclose(output_);
  }
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  int port() const { return port_; }
  void Meet(const std::vector<std::string>& addresses) {
    fprintf(input_, "%s\n", Join(addresses, " ").c_str());
    fflush(input_);
  }
  void Signal(int number) { kill(pid_, number); }

 private:
  pid_t pid_ = -1;
  int port_ = 0;
  FILE* input_ = nullptr;
  FILE* output_ = nullptr;
};

struct Survivor {
  Status result;
  std::vector<int> lost;
};

class LostProcess : public testing::TestWithParam<int> {
 protected:
  static constexpr int kRanks = 3;
  static constexpr std::size_t kFloats = 4'000'000;

  // Forms a gang in which the parameter's rank is a process, sends it `signal` after some sums, and
  // returns the survivors' results; then they form the next generation without it.
  void Run(int signal) {
    const int culprit = GetParam();
    PeerProcess child(culprit, kFloats);
    Servers servers = StartServers(kRanks - 1);
    std::vector<std::string> addresses = Places(servers, 1)[0].addresses;
    addresses.insert(addresses.begin() + culprit, Concat("127.0.0.1:", child.port()));
    child.Meet(addresses);
    std::atomic<int> sums = 0;
    std::vector<Survivor> survivors(kRanks - 1);
    std::atomic<TimePoint> killed;
    std::vector<std::jthread> threads;
    for (int i = 0; i < kRanks - 1; ++i) {
      threads.emplace_back([&, i] {
        const GangPlace place{"heads-1f2e", 1, i < culprit ? i : i + 1, addresses};
        auto communicator = servers[i]->Connect(place, seconds(30));
        ASSERT_TRUE(communicator.ok()) << communicator.status();
        survivors[i].result =
            SumUntilError(**communicator, kFloats, [&](int done) { sums = done; });
        survivors[i].lost = (*communicator)->LostRanks();
        Report(place.rank, "noticed", killed);
        communicator->reset();
        Report(place.rank, "let go", killed);
      });
    }
    while (sums < 2) std::this_thread::yield();
    killed = std::chrono::steady_clock::now();
    child.Signal(signal);
    threads.clear();
    for (const Survivor& survivor : survivors) {
      EXPECT_EQ(survivor.result.code(), StatusCode::kUnavailable) << survivor.result;
      EXPECT_THAT(survivor.lost, ElementsAre(culprit));
    }
    Gang gang = ConnectAll(servers, 2);
    Report(0, "formed again", killed);
    for (const Status& status :
         OnEveryRank(gang, [](Communicator& communicator) { return communicator.Barrier(); })) {
      EXPECT_TRUE(status.ok()) << status;
    }
  }

  static void Report(int rank, const char* what, TimePoint killed) {
    const Duration since = std::chrono::steady_clock::now() - killed;
    std::cout << Concat("rank ", rank, " ", what, " after ", ToSeconds(since), " s\n");
  }
};

TEST_P(LostProcess, AKilledProcessIsNamedByTheSurvivors) { Run(SIGKILL); }
TEST_P(LostProcess, AStoppedProcessIsNamedByTheSurvivors) { Run(SIGSTOP); }

INSTANTIATE_TEST_SUITE_P(Grpc, LostProcess, testing::Range(0, 3),
                         [](const auto& info) { return "Rank" + std::to_string(info.param); });

}  // namespace
}  // namespace gvsl::collective
