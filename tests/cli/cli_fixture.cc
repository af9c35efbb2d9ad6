#include "tests/cli/cli_fixture.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/commands/commands.h"
#include "cli/core/app.h"

namespace gvsl::cli {

CliResult Cli::Run(const std::vector<std::string>& arguments) {
  std::ostringstream out, err;
  Environment environment{
      .out = out,
      .err = err,
      .out_is_terminal = terminal,
      .err_is_terminal = terminal,
      .terminal_columns = [] { return 100; },
      .clock = clock,
      .files = *files,
      .interrupt = interrupt,
      .connect = Connect,
      .variable = [this](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
      },
      .program_directory = program_directory,
  };
  CliResult result;
  result.exit_code = cli::Run(arguments, AllCommands(), environment);
  result.out = out.str();
  result.err = err.str();
  return result;
}

ScratchFolder::ScratchFolder() {
  std::string pattern = testing::TempDir() + "gvslctl-XXXXXX";
  EXPECT_NE(mkdtemp(pattern.data()), nullptr);
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string ScratchFolder::Write(const std::string& name, const std::string& text) const {
  const std::string path = JoinPath(path_, name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::vector<std::string> ScratchFolder::Names() const {
  return PosixFileSystem().List(path_).value();
}

}  // namespace gvsl::cli
