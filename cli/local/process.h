// Background processes that outlive this program, found again by id without ever meeting a stranger
// that was given the same id.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/status.h"

namespace gvsl::cli::local {

// A process and the moment it was started (clock ticks since the machine's start).
struct ProcessIdentity {
  int pid = 0;  // 0: none
  std::uint64_t start_ticks = 0;

  // Still this process and not a zombie.
  bool Alive() const;
  // Sends `signal_number` if it is alive.
  void Signal(int signal_number) const;
};

struct Launch {
  std::vector<std::string> arguments;  // the program's path first
  std::string directory;               // where it runs
  std::string output_path;             // its standard output; emptied
  std::string log_path;                // its standard error; appended to
};

// In a session of its own: no signal of this terminal reaches it. Nothing else is inherited but the
// environment. NOT_FOUND: there is no such program.
StatusOr<ProcessIdentity> Start(const Launch& launch);

}  // namespace gvsl::cli::local
