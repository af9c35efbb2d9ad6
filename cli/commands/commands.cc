#include "cli/commands/commands.h"

#include <array>

namespace gvsl::cli {
namespace {

constexpr char kJobs[] = "Jobs";
constexpr char kCheckpoints[] = "Checkpoints";
constexpr char kMachines[] = "Workers and this machine";
constexpr char kProgram[] = "This program";
constexpr char kLater[] = "Not part of this version";

constexpr std::array kCommands = {
    Command{"submit", kJobs, "Submit a job; prints its name", ConfigureSubmit},
    Command{"list", kJobs, "All jobs, oldest first", ConfigureList},
    Command{"get", kJobs, "Everything about one job", ConfigureGet},
    Command{"watch", kJobs, "Follow a job until it ends", ConfigureWatch},
    Command{"events", kJobs, "What happened to a job", ConfigureEvents},
    Command{"explain", kJobs, "Why a job is where it is", ConfigureExplain},
    Command{"logs", kJobs, "What the job's workers said", ConfigureLogs},
    Command{"cancel", kJobs, "End a job without a further checkpoint", ConfigureCancel},
    Command{"pause", kJobs, "Checkpoint a job and give its workers back", ConfigurePause},
    Command{"resume", kJobs, "Go on from the newest checkpoint", ConfigureResume},
    Command{"delete", kJobs, "Forget a job that has ended or is paused", ConfigureDelete},
    Command{"scale", kJobs, "Change how many workers a job may have", ConfigureScale},
    Command{"checkpoints", kCheckpoints, "Checkpoints of a job", ConfigureCheckpoints},
    Command{"checkpoint verify", kCheckpoints, "Read a checkpoint again, compare every hash",
            ConfigureCheckpointVerify},
    Command{"checkpoint delete", kCheckpoints, "Remove a checkpoint", ConfigureCheckpointDelete},
    Command{"checkpoint pin", kCheckpoints, "UNIMPLEMENTED", ConfigureLaterCheckpointCommand},
    Command{"checkpoint unpin", kCheckpoints, "UNIMPLEMENTED", ConfigureLaterCheckpointCommand},
    Command{"export", kCheckpoints, "Fetch the weights as a safetensors file", ConfigureExport},
    Command{"workers", kMachines, "All workers", ConfigureWorkers},
    Command{"local up", kMachines, "Start a coordinator and workers on this machine",
            ConfigureLocalUp},
    Command{"local down", kMachines, "Stop them", ConfigureLocalDown},
    Command{"local status", kMachines, "What runs on this machine", ConfigureLocalStatus},
    Command{"version", kProgram, "This program's version", ConfigureVersion},
    Command{"completion", kProgram, "A completion script for a shell", ConfigureCompletion},
    Command{"priority", kLater, "UNIMPLEMENTED", ConfigureLaterJobCommand},
    Command{"cordon", kLater, "UNIMPLEMENTED", ConfigureLaterWorkerCommand},
    Command{"uncordon", kLater, "UNIMPLEMENTED", ConfigureLaterWorkerCommand},
    Command{"drain", kLater, "UNIMPLEMENTED", ConfigureLaterWorkerCommand},
};

}  // namespace

std::span<const Command> AllCommands() { return kCommands; }

}  // namespace gvsl::cli
