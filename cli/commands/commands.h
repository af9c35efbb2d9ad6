// The table of all commands. One file each; adding one is a row here and a file beside.
#pragma once

#include <span>

#include "cli/core/command.h"

namespace gvsl::cli {

std::span<const Command> AllCommands();

Action ConfigureSubmit(CLI::App& app);
Action ConfigureCompare(CLI::App& app);
Action ConfigureList(CLI::App& app);
Action ConfigureGet(CLI::App& app);
Action ConfigureWatch(CLI::App& app);
Action ConfigureEvents(CLI::App& app);
Action ConfigureExplain(CLI::App& app);
Action ConfigureLogs(CLI::App& app);
Action ConfigureCancel(CLI::App& app);
Action ConfigurePause(CLI::App& app);
Action ConfigureResume(CLI::App& app);
Action ConfigureDelete(CLI::App& app);
Action ConfigureScale(CLI::App& app);
Action ConfigureCheckpoints(CLI::App& app);
Action ConfigureCheckpointVerify(CLI::App& app);
Action ConfigureCheckpointDelete(CLI::App& app);
Action ConfigureExport(CLI::App& app);
Action ConfigureWorkers(CLI::App& app);
Action ConfigureVersion(CLI::App& app);
Action ConfigureCompletion(CLI::App& app);
Action ConfigureLocalUp(CLI::App& app);
Action ConfigureLocalDown(CLI::App& app);
Action ConfigureLocalStatus(CLI::App& app);

// Commands of the surface that this version does not have yet: UNIMPLEMENTED by name.
Action ConfigureLaterJobCommand(CLI::App& app);
Action ConfigureLaterCheckpointCommand(CLI::App& app);
Action ConfigureLaterWorkerCommand(CLI::App& app);

}  // namespace gvsl::cli
