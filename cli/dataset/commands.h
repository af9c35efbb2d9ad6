// The commands of gvsl-dataset, a file each. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 an
// ingestion accepted nothing.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace gvsl::cli::dataset {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kNothingAccepted = 3;

// Set by the command that was chosen; main runs it after parsing and exits with what it returns.
using Action = std::function<int()>;

void AddIngestCommand(CLI::App& app, Action& action);
void AddConvertCommand(CLI::App& app, Action& action);
void AddVerifyCommand(CLI::App& app, Action& action);
void AddShowCommand(CLI::App& app, Action& action);
void AddReportCommand(CLI::App& app, Action& action);
void AddExportCommand(CLI::App& app, Action& action);

}  // namespace gvsl::cli::dataset
