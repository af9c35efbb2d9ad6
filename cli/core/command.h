// A command is a row of a table: its words, a line of help, and a function that adds its options
// and returns what it does.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "cli/core/context.h"

namespace gvsl::cli {

// Runs after parsing. An error is printed, and ExitCodeFor says the exit status.
using Action = std::function<StatusOr<ExitCode>(Context& context)>;

struct Command {
  std::string_view path;   // "checkpoint verify": words of nested commands
  std::string_view group;  // heading in --help; of the first word
  std::string_view summary;
  bool calls_coordinator;  // its address, and how the connection is protected, are checked first
  // Adds options to `app`. What they are parsed into lives as long as the action.
  Action (*configure)(CLI::App& app);
};

// A wrong argument that the parser could not see: exit status 2.
Status UsageError(const std::string& argument, const std::string& reason);

// A positional argument JOB: name or uid.
void AddJobArgument(CLI::App& app, std::string& job);

}  // namespace gvsl::cli
