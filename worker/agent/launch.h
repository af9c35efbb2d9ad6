// What the launcher of a static gang (mpirun, srun) says in the environment of each rank. The agent
// never touches MPI: its trainer does. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/status.h"

namespace gvsl::agent {

struct Launch {
  std::string id;  // equal in all ranks of one launch, and different for each launch
  std::uint32_t rank = 0;
  std::uint32_t size = 1;
};

// The value of a variable; null where there is none.
using Environment = std::function<const char*(const char* name)>;

// `gang_id`, if not empty, takes the place of what the launcher says. INVALID_ARGUMENT: there is no
// launcher that is known here, or one that gives its launches no id and `gang_id` is empty.
StatusOr<Launch> FindLaunch(const Environment& environment, const std::string& gang_id);

}  // namespace gvsl::agent
