// The composition of the command table with a parser.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/core/command.h"

namespace gvsl::cli {

// Parses `arguments` (without the program's name), runs the command that they name, and returns the
// process's exit status. Throws nothing.
int Run(const std::vector<std::string>& arguments, std::span<const Command> commands,
        Environment& environment);

// The parser alone, for completion scripts: words, options, help.
std::unique_ptr<CLI::App> DescribeApp(std::span<const Command> commands);

}  // namespace gvsl::cli
