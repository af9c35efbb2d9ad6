// gvslctl: the composition root of the command line.
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <thread>

#include "cli/commands/commands.h"
#include "cli/core/app.h"
#include "common/log.h"
#include "common/program_options.h"

namespace {

using gvsl::cli::Interrupt;

// What nohup or a shell without job control has us ignore stays ignored.
sigset_t EndingSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (!gvsl::IsSignalIgnored(number)) sigaddset(&signals, number);
  }
  return signals;
}

// The first signal asks, the second one ends the process.
void AwaitSignals(const sigset_t& signals, Interrupt& interrupt) {
  int number = 0;
  sigwait(&signals, &number);
  interrupt.Request(number);
  sigwait(&signals, &number);
  _exit(128 + number);
}

int TerminalColumns() {
  winsize size{};
  for (const int file_descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    if (ioctl(file_descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  }
  return 80;
}

std::optional<std::string> Variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::string OwnDirectory() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

}  // namespace

int main(int argc, char** argv) {
  gvsl::HoldStandardDescriptors();
  signal(SIGPIPE, SIG_DFL);  // a reader that went away ends us quietly
  const sigset_t signals = EndingSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  setenv("GRPC_VERBOSITY", "NONE", 0);
  static Interrupt interrupt;  // outlives the thread
  std::thread(AwaitSignals, signals, std::ref(interrupt)).detach();

  gvsl::SystemClock clock;
  gvsl::cli::Environment environment{
      .out = std::cout,
      .err = std::cerr,
      .out_is_terminal = isatty(STDOUT_FILENO) == 1,
      .err_is_terminal = isatty(STDERR_FILENO) == 1,
      .terminal_columns = TerminalColumns,
      .clock = clock,
      .files = gvsl::PosixFileSystem(),
      .interrupt = interrupt,
      .connect = gvsl::cli::Connect,
      .variable = Variable,
      .program_directory = OwnDirectory(),
  };
  return gvsl::cli::Run({argv + 1, argv + argc}, gvsl::cli::AllCommands(), environment);
}
