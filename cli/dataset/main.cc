// gvsl-dataset: from images to datasets; needs no server.
#include <sys/resource.h>

#include <exception>
#include <iostream>
#include <string>

#include "cli/dataset/commands.h"
#include "common/freed_memory.h"
#include "common/program_options.h"
#include "common/version.h"

namespace gvsl::cli::dataset {
namespace {

// What a crash would leave on a disk are the images and headers of patients. 1, and not 0, is what
// also keeps Linux from piping a core to a program.
void LeaveNoCores() {
  const struct rlimit none { 1, 1 };
  (void)::setrlimit(RLIMIT_CORE, &none);
}

int Main(int argc, char** argv) {
  LeaveNoCores();
  CLI::App app("Datasets of medical volumes for GVSL training: made, checked and looked at.");
  app.name("gvsl-dataset");
  app.set_version_flag("--version", std::string(kVersion));
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 failed, 2 wrong usage, 3 ingest accepted nothing.");
  Action action;
  AddIngestCommand(app, action);
  AddConvertCommand(app, action);
  AddVerifyCommand(app, action);
  AddShowCommand(app, action);
  AddReportCommand(app, action);
  AddExportCommand(app, action);
  try {
    app.parse(argc, argv);
    const int status = action();
    std::cout << std::flush;
    if (std::cout || status != kDone) return status;
    std::cerr << "gvsl-dataset: cannot write to standard output\n";
    return kFailed;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongUsage;
  } catch (const std::exception& error) {
    std::cerr << "gvsl-dataset: " << error.what() << "\n";
    return kFailed;
  }
}

}  // namespace
}  // namespace gvsl::cli::dataset

int main(int argc, char** argv) {
  gvsl::HoldStandardDescriptors();
  gvsl::KeepFreedMemory();
  return gvsl::cli::dataset::Main(argc, argv);
}
