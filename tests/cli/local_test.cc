// local up, down, status with small programs in place of the servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "cli/local/record.h"
#include "cli/render/job_json.h"
#include "tests/cli/cli_fixture.h"

namespace gvsl::cli {
namespace {

using testing::HasSubstr;

class LocalTest : public testing::Test {
 protected:
  LocalTest() {
    cli_.program_directory = GVSL_FAKE_PROGRAMS;
    cli_.variables["XDG_STATE_HOME"] = folder_.path();
  }
  ~LocalTest() override { EXPECT_EQ(cli_.Run({"local", "down"}).exit_code, 0); }

  Json Up(const std::vector<std::string>& options = {}) {
    std::vector<std::string> arguments = {"local", "up", "--json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const CliResult result = cli_.Run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.exit_code == 0 ? Json::parse(result.out) : Json();
  }
  Json Status() { return Json::parse(cli_.Run({"local", "status", "--json"}).out); }
  local::Record ReadRecord() { return local::ReadRecord(PosixFileSystem(), directory()).value(); }
  std::string directory() const { return folder_.path() + "/gvsl/local"; }

  ScratchFolder folder_;
  Cli cli_;
};

TEST_F(LocalTest, UpStartsACoordinatorAndWorkersAndDownEndsThem) {
  const Json up = Up({"--workers", "2"});
  EXPECT_TRUE(up["running"]);
  EXPECT_EQ(up["workers"].size(), 2u);
  EXPECT_EQ(up["directory"], directory());
  EXPECT_EQ(Status(), up);
  const local::Record record = ReadRecord();
  EXPECT_TRUE(record.AllAlive());
  EXPECT_THAT(cli_.Run({"local", "status"}).out, HasSubstr("worker-2"));

  const CliResult down = cli_.Run({"local", "down"});
  EXPECT_EQ(down.exit_code, 0);
  EXPECT_EQ(down.out, "stopped\n");
  EXPECT_FALSE(record.AnyAlive());
  EXPECT_FALSE(Status()["running"]);
  EXPECT_EQ(cli_.Run({"local", "down"}).out, "nothing was running\n");
}

TEST_F(LocalTest, EveryProcessHasItsOwnSession) {
  Up({"--workers", "1"});
  const local::Record record = ReadRecord();
  EXPECT_EQ(getsid(record.coordinator.identity.pid), record.coordinator.identity.pid);
  EXPECT_EQ(getsid(record.workers[0].identity.pid), record.workers[0].identity.pid);
}

TEST_F(LocalTest, UpWhenAlreadyUpSaysSoAndChangesNothing) {
  const Json first = Up({"--workers", "1"});
  const CliResult second = cli_.Run({"local", "up", "--json"});
  EXPECT_EQ(second.exit_code, 0);
  EXPECT_THAT(second.err, HasSubstr("already up"));
  EXPECT_EQ(Json::parse(second.out), first);
}

TEST_F(LocalTest, UpChangesTheNumberOfWorkers) {
  const Json one = Up({"--workers", "1"});
  const Json three = Up({"--workers", "3"});
  EXPECT_EQ(three["coordinator"], one["coordinator"]);
  EXPECT_EQ(three["workers"][0], one["workers"][0]);
  EXPECT_EQ(three["workers"].size(), 3u);
  const local::Record record = ReadRecord();
  EXPECT_EQ(Up({"--workers", "1"})["workers"].size(), 1u);
  EXPECT_TRUE(record.workers[0].identity.Alive());
  EXPECT_FALSE(record.workers[1].identity.Alive());
  EXPECT_FALSE(record.workers[2].identity.Alive());
}

TEST_F(LocalTest, UpStartsAgainWhatHasDiedWhereItWas) {
  const Json before = Up({"--workers", "2"});
  const local::Record record = ReadRecord();
  kill(record.workers[1].identity.pid, SIGKILL);
  while (record.workers[1].identity.Alive()) {
  }
  EXPECT_EQ(Status()["workers"][1]["state"], "ENDED");
  const Json after = Up();
  EXPECT_EQ(after["coordinator"], before["coordinator"]);
  EXPECT_EQ(after["workers"][0], before["workers"][0]);
  EXPECT_EQ(after["workers"][1]["state"], "RUNNING");
  EXPECT_NE(after["workers"][1]["pid"], before["workers"][1]["pid"]);
}

TEST_F(LocalTest, OtherCommandsFindTheCoordinatorThatIsUp) {
  Up({"--workers", "1"});
  const CliResult result = cli_.Run({"workers", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)[0]["name"], "worker-1");
}

TEST_F(LocalTest, AServerThatEndsAtOnceIsNamedWithItsLogAndNothingStaysBehind) {
  std::filesystem::create_directories(directory() + "/state");
  std::ofstream(directory() + "/state/fail") << "x";
  const CliResult result = cli_.Run({"local", "up"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("coordinator has ended; its log is " + directory() +
                                    "/logs/coordinator.log"));
  EXPECT_THAT(result.err, HasSubstr("told to fail"));
  EXPECT_FALSE(Status()["running"]);
}

TEST_F(LocalTest, DownKillsWhatDoesNotEndInTime) {
  Up({"--workers", "1"});
  std::ofstream(directory() + "/workers/worker-1/stubborn") << "x";
  const local::Record record = ReadRecord();
  const CliResult result = cli_.Run({"local", "down", "--timeout", "200ms"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("1 of them did not end in time"));
  EXPECT_FALSE(record.AnyAlive());
}

TEST_F(LocalTest, AnInterruptedDownWaitsNoLongerAndCanBeTakenUpAgain) {
  Up({"--workers", "1"});
  std::ofstream(directory() + "/workers/worker-1/stubborn") << "x";
  const local::Record record = ReadRecord();
  cli_.interrupt.Request(SIGINT);
  EXPECT_EQ(cli_.Run({"local", "down"}).exit_code, 130);
  EXPECT_TRUE(record.AnyAlive());
  Cli again;
  again.variables = cli_.variables;
  EXPECT_EQ(again.Run({"local", "down", "--dir", directory(), "--timeout", "200ms"}).exit_code, 0);
  EXPECT_FALSE(record.AnyAlive());
}

TEST_F(LocalTest, DownNeverTouchesAStrangerWithTheSameProcessId) {
  std::filesystem::create_directories(directory());
  const local::Record stranger{directory(), {{getpid(), 1}, "127.0.0.1:1", "127.0.0.1:2"}, {}};
  ASSERT_TRUE(local::WriteRecord(PosixFileSystem(), stranger).ok());
  EXPECT_FALSE(Status()["running"]);
  EXPECT_EQ(cli_.Run({"local", "down"}).out, "nothing was running\n");
}

TEST_F(LocalTest, UpWithoutTheProgramsSaysWhereTheyShouldBe) {
  cli_.program_directory = "/nowhere";
  const CliResult result = cli_.Run({"local", "up"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("/nowhere/gvsl-coordinator is not there"));
}

}  // namespace
}  // namespace gvsl::cli
