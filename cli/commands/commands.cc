#include "cli/commands/commands.h"

#include <array>

namespace gvsl::cli {
namespace {

constexpr char kJobs[] = "Jobs";
constexpr char kCheckpoints[] = "Checkpoints";
constexpr char kMachines[] = "Workers and this machine";
constexpr char kProgram[] = "This program";
constexpr char kLater[] = "Not part of this version";

constexpr bool kCalls = true;  // the coordinator
constexpr bool kHere = false;

constexpr std::array kCommands = {
    Command{"submit", kJobs, "Submit a job; prints its name", kCalls, ConfigureSubmit},
    Command{"list", kJobs, "All jobs, oldest first", kCalls, ConfigureList},
    Command{"get", kJobs, "Everything about one job", kCalls, ConfigureGet},
    Command{"watch", kJobs, "Follow a job until it ends", kCalls, ConfigureWatch},
    Command{"events", kJobs, "What happened to a job", kCalls, ConfigureEvents},
    Command{"explain", kJobs, "Why a job is where it is", kCalls, ConfigureExplain},
    Command{"logs", kJobs, "What the job's workers said", kCalls, ConfigureLogs},
    Command{"cancel", kJobs, "End a job without a further checkpoint", kCalls, ConfigureCancel},
    Command{"pause", kJobs, "Checkpoint a job and give its workers back", kCalls, ConfigurePause},
    Command{"resume", kJobs, "Go on from the newest checkpoint", kCalls, ConfigureResume},
    Command{"delete", kJobs, "Forget a job that has ended or is paused", kCalls, ConfigureDelete},
    Command{"scale", kJobs, "Change how many workers a job may have", kCalls, ConfigureScale},
    Command{"compare", kJobs, "Pre-train by several methods, evaluate each, print the table",
            kCalls, ConfigureCompare},
    Command{"checkpoints", kCheckpoints, "Checkpoints of a job", kCalls, ConfigureCheckpoints},
    Command{"checkpoint verify", kCheckpoints, "Read a checkpoint again, compare every hash",
            kCalls, ConfigureCheckpointVerify},
    Command{"checkpoint delete", kCheckpoints, "Remove a checkpoint", kCalls,
            ConfigureCheckpointDelete},
    Command{"checkpoint pin", kCheckpoints, "UNIMPLEMENTED", kHere,
            ConfigureLaterCheckpointCommand},
    Command{"checkpoint unpin", kCheckpoints, "UNIMPLEMENTED", kHere,
            ConfigureLaterCheckpointCommand},
    Command{"export", kCheckpoints, "Fetch the weights as a safetensors file", kCalls,
            ConfigureExport},
    Command{"workers", kMachines, "All workers", kCalls, ConfigureWorkers},
    Command{"local up", kMachines, "Start a coordinator and workers on this machine", kHere,
            ConfigureLocalUp},
    Command{"local down", kMachines, "Stop them", kHere, ConfigureLocalDown},
    Command{"local status", kMachines, "What runs on this machine", kHere, ConfigureLocalStatus},
    Command{"version", kProgram, "This program's version", kHere, ConfigureVersion},
    Command{"completion", kProgram, "A completion script for a shell", kHere, ConfigureCompletion},
    Command{"priority", kLater, "UNIMPLEMENTED", kHere, ConfigureLaterJobCommand},
    Command{"cordon", kLater, "UNIMPLEMENTED", kHere, ConfigureLaterWorkerCommand},
    Command{"uncordon", kLater, "UNIMPLEMENTED", kHere, ConfigureLaterWorkerCommand},
    Command{"drain", kLater, "UNIMPLEMENTED", kHere, ConfigureLaterWorkerCommand},
};

}  // namespace

std::span<const Command> AllCommands() { return kCommands; }

}  // namespace gvsl::cli
