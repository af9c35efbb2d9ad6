// gvsl-worker as a program: its output, its exit statuses, its HTTP pages.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "common/text.h"
#include "tests/agent/fake_coordinator_server.h"

namespace gvsl::agent {
namespace {

using Book = FakeCoordinator::Book;
using v1::TrainerReport;

// A gvsl-worker with the scripted trainer; its standard error goes into a file.
class WorkerProgram {
 public:
  WorkerProgram(const std::string& coordinator, const std::string& work_dir,
                std::vector<std::string> more = {})
      : error_path_(Concat(work_dir, ".", counter_++, ".stderr")) {
    std::vector<std::string> words = {GVSL_WORKER, "--coordinator", coordinator,      "--work-dir",
                                      work_dir,    "--trainer",     GVSL_FAKE_TRAINER};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error_path_.c_str(),
                                       O_WRONLY | O_CREAT | O_TRUNC, 0600);
    EXPECT_EQ(::posix_spawn(&pid_, GVSL_WORKER, &actions, nullptr, arguments.data(), environ), 0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    output_ = ::fdopen(ends[0], "r");
  }
  ~WorkerProgram() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    std::fclose(output_);
  }

  std::string ReadLine() {
    std::array<char, 256> line{};
    if (std::fgets(line.data(), line.size(), output_) == nullptr) return "";
    std::string text = line.data();
    if (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }
  void Signal(int number) const { ::kill(pid_, number); }
  int WaitForExit() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string Errors() const {
    std::ifstream file(error_path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  static inline int counter_ = 0;
  std::string error_path_;
  pid_t pid_ = 0;
  std::FILE* output_ = nullptr;
};

std::string HttpGet(const std::string& address, const std::string& path) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  peer.sin_port =
      htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  EXPECT_EQ(::connect(connection, reinterpret_cast<sockaddr*>(&peer), sizeof(peer)), 0);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(::send(connection, request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  std::array<char, 4096> buffer{};
  for (ssize_t count; (count = ::recv(connection, buffer.data(), buffer.size(), 0)) > 0;) {
    answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(connection);
  return answer;
}

class WorkerProgramTest : public ::testing::Test {
 protected:
  WorkerProgramTest() {
    std::string name = ::testing::TempDir() + "gvsl-worker-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    work_dir = folder_ + "/work";
  }
  ~WorkerProgramTest() override { std::filesystem::remove_all(folder_); }

  FakeCoordinator coordinator;
  FakeCoordinatorServer server{coordinator};
  std::string work_dir;

 private:
  std::string folder_;
};

TEST_F(WorkerProgramTest, StandardOutputNamesThePeerAddressThenTheHttpAddress) {
  WorkerProgram worker(server.address(), work_dir);
  EXPECT_EQ(worker.ReadLine().rfind("listening 127.0.0.1:", 0), 0U);
  EXPECT_EQ(worker.ReadLine().rfind("http 127.0.0.1:", 0), 0U);
  worker.Signal(SIGTERM);
  EXPECT_EQ(worker.ReadLine(), "");
  EXPECT_EQ(worker.WaitForExit(), 0);
}

TEST_F(WorkerProgramTest, SigtermDrainsARunningJobAndExitsWithZero) {
  WorkerProgram worker(server.address(), work_dir);
  const std::string peer = worker.ReadLine().substr(std::string("listening ").size());
  coordinator.Assign("runs", 1, peer);
  ASSERT_TRUE(coordinator.WaitFor(
      [](const Book& book) { return book.report().state() == TrainerReport::STATE_RUNNING; }));
  worker.Signal(SIGTERM);
  EXPECT_EQ(worker.WaitForExit(), 0) << worker.Errors();
  coordinator.With([](Book& book) {
    EXPECT_TRUE(book.leaving);
    EXPECT_EQ(book.report().state(), TrainerReport::STATE_STOPPED);
    EXPECT_EQ(book.checkpoints.size(), 1U);
  });
}

TEST_F(WorkerProgramTest, ACoordinatorThatComesBackFindsTheSameTrainerAtWork) {
  WorkerProgram worker(server.address(), work_dir);
  const std::string peer = worker.ReadLine().substr(std::string("listening ").size());
  coordinator.Assign("runs", 1, peer);
  const auto runs = [&](const Book& book) {
    return book.report().state() == TrainerReport::STATE_RUNNING &&
           book.report().peer_address() == peer;
  };
  ASSERT_TRUE(coordinator.WaitFor(runs));
  server.Stop();
  coordinator.With([](Book& book) { book.reports.clear(); });
  server.Start();
  EXPECT_TRUE(coordinator.WaitFor(runs));
  coordinator.With([](Book& book) {
    ASSERT_EQ(book.registrations.size(), 2U);
    EXPECT_EQ(book.registrations[0].incarnation(), book.registrations[1].incarnation());
  });
}

TEST_F(WorkerProgramTest, ADeadTrainerIsReportedThroughAHeldHeartbeat) {
  coordinator.With([](Book& book) { book.interval_seconds = 3600; });
  WorkerProgram worker(server.address(), work_dir);
  const std::string line = worker.ReadLine();
  ASSERT_TRUE(coordinator.WaitFor(
      [](const Book& book) { return book.report().state() == TrainerReport::STATE_IDLE; }));
  ASSERT_EQ(::kill(std::stoi(line.substr(line.rfind(':') + 1)), SIGKILL), 0);
  EXPECT_TRUE(coordinator.WaitFor([](const Book& book) {
    return book.report().state() == TrainerReport::STATE_IDLE && book.report().incarnation() == 2;
  }));
}

TEST_F(WorkerProgramTest, TheTrainerDiesWithItsAgent) {
  WorkerProgram worker(server.address(), work_dir);
  const std::string line = worker.ReadLine();
  const pid_t trainer = std::stoi(line.substr(line.rfind(':') + 1));
  ASSERT_EQ(::kill(trainer, 0), 0);
  worker.Signal(SIGKILL);
  EXPECT_EQ(worker.WaitForExit(), 128 + SIGKILL);
  // It is a zombie until init takes it, or gone.
  const auto dead = [&] {
    std::ifstream file(Concat("/proc/", trainer, "/stat"));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return text.empty() || text.find(") Z ") != std::string::npos;
  };
  for (int turn = 0; turn < 30000 && !dead(); ++turn) ::usleep(1000);
  EXPECT_TRUE(dead());
}

TEST_F(WorkerProgramTest, DeviceAllIsAWorkerForEachGpuThatEndTogether) {
  WorkerProgram workers(server.address(), work_dir, {"--device", "all", "--name", "node"});
  ASSERT_TRUE(coordinator.WaitFor([](const Book& book) { return book.registrations.size() == 2; }));
  coordinator.With([](Book& book) {
    std::map<std::string, std::string> device_of;
    for (const auto& worker : book.registrations) device_of[worker.name()] = worker.device();
    EXPECT_EQ(device_of, (std::map<std::string, std::string>{{"node-cuda-0", "cuda:0"},
                                                             {"node-cuda-1", "cuda:1"}}));
  });
  workers.Signal(SIGTERM);
  EXPECT_EQ(workers.WaitForExit(), 0) << workers.Errors();
}

TEST_F(WorkerProgramTest, AMemberOfDeviceAllThatDiesIsStartedAgain) {
  WorkerProgram workers(server.address(), work_dir, {"--device", "all", "--name", "node"});
  const std::string line = workers.ReadLine();
  const std::string trainer = line.substr(line.rfind(':') + 1);
  std::ifstream stat(Concat("/proc/", trainer, "/stat"));
  std::string number, name, state;
  pid_t agent = 0;
  ASSERT_TRUE(stat >> number >> name >> state >> agent) << line;
  ASSERT_TRUE(coordinator.WaitFor([](const Book& book) { return book.registrations.size() == 2; }));
  ASSERT_EQ(::kill(agent, SIGKILL), 0);
  EXPECT_TRUE(coordinator.WaitFor([](const Book& book) { return book.registrations.size() == 3; }));
  workers.Signal(SIGTERM);
  EXPECT_EQ(workers.WaitForExit(), 0) << workers.Errors();
}

TEST_F(WorkerProgramTest, AGpuThatIsNotThereIsNamed) {
  WorkerProgram worker(server.address(), work_dir, {"--device", "cuda:7"});
  EXPECT_EQ(worker.WaitForExit(), 1);
  EXPECT_NE(worker.Errors().find("--device cuda:7: there is no such GPU: there are cuda:0, cuda:1"),
            std::string::npos)
      << worker.Errors();
}

TEST_F(WorkerProgramTest, TwoWorkersInOneFolderAreRefused) {
  WorkerProgram first(server.address(), work_dir);
  ASSERT_NE(first.ReadLine(), "");
  WorkerProgram second(server.address(), work_dir);
  EXPECT_EQ(second.WaitForExit(), 1);
  EXPECT_NE(second.Errors().find("another gvsl-worker works in"), std::string::npos);
}

TEST_F(WorkerProgramTest, ACoordinatorOfAnotherVersionEndsItWithAReason) {
  coordinator.With([](Book& book) {
    book.register_status = FailedPreconditionError("worker 0.1.0 and coordinator 0.2.0 differ");
  });
  WorkerProgram worker(server.address(), work_dir);
  EXPECT_EQ(worker.WaitForExit(), 1);
  EXPECT_NE(worker.Errors().find("worker 0.1.0 and coordinator 0.2.0 differ"), std::string::npos);
}

TEST_F(WorkerProgramTest, WrongUsageIsTwo) {
  WorkerProgram unknown(server.address(), work_dir, {"--no-such-option"});
  EXPECT_EQ(unknown.WaitForExit(), 2);
  WorkerProgram open(server.address(), work_dir, {"--listen", "0.0.0.0:0"});
  EXPECT_EQ(open.WaitForExit(), 2);
  EXPECT_FALSE(std::filesystem::exists(work_dir)) << "nothing is written";
}

TEST_F(WorkerProgramTest, AFileOfOptionsIsReadAndAFlagStandsOverIt) {
  const std::string path = work_dir + ".yaml";
  std::ofstream(path) << "device: tpu\nname: from-file\n";
  WorkerProgram worker(server.address(), work_dir, {"--config", path, "--device", "cpu"});
  ASSERT_TRUE(coordinator.WaitFor([](const Book& book) { return !book.registrations.empty(); }));
  coordinator.With([](Book& book) { EXPECT_EQ(book.registrations[0].name(), "from-file"); });
}

TEST_F(WorkerProgramTest, AnUnknownKeyInTheFileNamesTheNearestKnownOne) {
  const std::string path = work_dir + ".yaml";
  std::ofstream(path) << "coordinater: x\n";
  WorkerProgram worker(server.address(), work_dir, {"--config", path});
  EXPECT_EQ(worker.WaitForExit(), 2);
  EXPECT_NE(worker.Errors().find("the nearest is 'coordinator'"), std::string::npos);
}

TEST_F(WorkerProgramTest, HttpShowsHealthReadinessAndMetrics) {
  WorkerProgram worker(server.address(), work_dir);
  worker.ReadLine();
  const std::string http = worker.ReadLine().substr(std::string("http ").size());
  ASSERT_TRUE(coordinator.WaitFor([](const Book& book) { return !book.reports.empty(); }));
  EXPECT_EQ(HttpGet(http, "/healthz").rfind("HTTP/1.1 200", 0), 0U);
  EXPECT_EQ(HttpGet(http, "/readyz").rfind("HTTP/1.1 200", 0), 0U);
  EXPECT_NE(HttpGet(http, "/metrics").find("program=\"gvsl-worker\",version="), std::string::npos);
}

TEST_F(WorkerProgramTest, AWorkerThatIsNotRegisteredIsHealthyButNotReady) {
  server.Stop();
  WorkerProgram worker(server.address(), work_dir);
  worker.ReadLine();
  const std::string http = worker.ReadLine().substr(std::string("http ").size());
  EXPECT_EQ(HttpGet(http, "/healthz").rfind("HTTP/1.1 200", 0), 0U);
  EXPECT_EQ(HttpGet(http, "/readyz").rfind("HTTP/1.1 503", 0), 0U);
}

TEST_F(WorkerProgramTest, MetricsPassPromtool) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "promtool (package prometheus) is not installed";
  }
  WorkerProgram worker(server.address(), work_dir);
  const std::string peer = worker.ReadLine().substr(std::string("listening ").size());
  const std::string http = worker.ReadLine().substr(std::string("http ").size());
  coordinator.Assign("runs", 1, peer);
  ASSERT_TRUE(coordinator.WaitFor(
      [](const Book& book) { return book.report().state() == TrainerReport::STATE_RUNNING; }));
  const std::string answer = HttpGet(http, "/metrics");
  const std::string path = work_dir + ".metrics";
  std::ofstream(path) << answer.substr(answer.find("\r\n\r\n") + 4);
  EXPECT_EQ(std::system(("promtool check metrics < " + path).c_str()), 0) << answer;
}

}  // namespace
}  // namespace gvsl::agent
