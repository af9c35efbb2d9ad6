// gvsl-coordinator as a process: what it prints, how it ends, what it refuses.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gvsl::coordinator {
namespace {

// Ends with the object.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments) {
    std::array<int, 2> out{}, err{};
    if (pipe(out.data()) != 0 || pipe(err.data()) != 0) std::abort();
    arguments.insert(arguments.begin(), GVSL_COORDINATOR_PROGRAM);
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], 1);
      dup2(err[1], 2);
      for (const int file : {out[0], out[1], err[0], err[1]}) close(file);
      execv(raw[0], raw.data());
      _exit(127);
    }
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  ~Process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(out_);
    close(err_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  std::string ReadLine() {
    std::string line;
    char letter = 0;
    while (read(out_, &letter, 1) == 1 && letter != '\n') line += letter;
    return line;
  }
  void Signal(int signal) { kill(pid_, signal); }
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  std::string Errors() { return Rest(err_); }
  std::string Output() { return Rest(out_); }

 private:
  static std::string Rest(int file) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t size = 0; (size = read(file, buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return text;
  }
  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
};

class CoordinatorProgram : public testing::Test {
 protected:
  CoordinatorProgram() : state_(testing::TempDir() + "coordinator_" + std::to_string(getpid())) {}
  ~CoordinatorProgram() override { std::filesystem::remove_all(state_); }
  std::vector<std::string> Arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"--listen",    "127.0.0.1:0", "--http",
                                    "127.0.0.1:0", "--state",     state_ + "/deep/down"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // Starts with the arguments, expects it to end by itself.
  void ExpectRefusal(const std::vector<std::string>& arguments, int exit_status,
                     const std::string& message) {
    Process process(arguments);
    const std::string errors = process.Errors();
    EXPECT_EQ(process.Wait(), exit_status) << errors;
    EXPECT_NE(errors.find(message), std::string::npos) << errors;
    EXPECT_EQ(process.Output(), "");
  }
  std::string state_;
};

TEST_F(CoordinatorProgram, PrintsItsTwoAddressesAndEndsWithSuccessOnASignal) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Process process(Arguments());
    EXPECT_EQ(process.ReadLine().rfind("listening 127.0.0.1:", 0), 0u);
    EXPECT_EQ(process.ReadLine().rfind("http 127.0.0.1:", 0), 0u);
    process.Signal(signal);
    EXPECT_EQ(process.Wait(), 0);
    EXPECT_EQ(process.Output(), "");
  }
}

TEST_F(CoordinatorProgram, ASecondSignalEndsItToo) {
  Process process(Arguments());
  process.ReadLine();
  process.ReadLine();
  process.Signal(SIGTERM);
  process.Signal(SIGINT);
  EXPECT_EQ(process.Wait(), 0);
}

TEST_F(CoordinatorProgram, ASecondOneOnTheSameStateIsRefused) {
  Process first(Arguments());
  first.ReadLine();
  ExpectRefusal(Arguments(), 1, "another coordinator (process ");
}

TEST_F(CoordinatorProgram, APortInUseIsAnError) {
  Process first(Arguments());
  const std::string address = first.ReadLine().substr(std::string("listening ").size());
  ExpectRefusal({"--listen", address, "--http", "127.0.0.1:0", "--state", state_ + "/other"}, 1,
                "cannot listen on " + address);
}

TEST_F(CoordinatorProgram, NumbersThatAreNoneAndFoldersWithoutANameAreWrongUsage) {
  ExpectRefusal(Arguments({"--lease-seconds", "nan"}), 2, "'nan': a number from 0.2 to 3600");
  ExpectRefusal(Arguments({"--heartbeat-seconds", "nan"}), 2, "'nan': a number from 0.02 to 600");
  ExpectRefusal({"--state", ""}, 2, "--state");
  ::setenv("GVSL_CONFIG", "/nonexistent.yaml", 1);
  ExpectRefusal(Arguments(), 2, "GVSL_CONFIG: /nonexistent.yaml cannot be read");
  ::unsetenv("GVSL_CONFIG");
  ExpectRefusal(Arguments({"--tls-cert", "x.pem"}), 2, "--tls-key: is needed for TLS");
}

TEST_F(CoordinatorProgram, WhatALaterVersionBringsIsRefusedByName) {
  ExpectRefusal(Arguments({"--policy", "x.yaml"}), 1, "UNIMPLEMENTED: --policy");
  ExpectRefusal({"--state", "postgresql://host/db"}, 1, "UNIMPLEMENTED: --state postgresql://");
}

TEST_F(CoordinatorProgram, AnAddressBeyondThisMachineNeedsInsecure) {
  ExpectRefusal({"--listen", "0.0.0.0:0", "--state", state_}, 2, "--insecure");
  EXPECT_FALSE(std::filesystem::exists(state_));
}

TEST_F(CoordinatorProgram, WrongUsageIsExitStatus2) {
  ExpectRefusal({}, 2, "--state is required");
  ExpectRefusal(Arguments({"--lisen", "x"}), 2, "--lisen");
}

}  // namespace
}  // namespace gvsl::coordinator
