// How much of this machine the process may use: what control groups and affinity leave of it, which
// in a container is less than the machine has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/file_system.h"

namespace gvsl {

// Processors of a quota, rounded up, at least 1; nothing where there is none. "150000 100000" is a
// cpu.max of two; version 1 has its two numbers in two files.
std::optional<unsigned> ProcessorsOfQuota(std::string_view quota, std::string_view period);

// Directories below /sys/fs/cgroup that limit the process, from /proc/self/cgroup: its own and
// those above it, for `controller` of version 1 ("cpu", "memory") or version 2.
std::vector<std::string> ControlGroups(std::string_view proc_self_cgroup,
                                       std::string_view controller);

// The number behind `name` and white space at a line's beginning: of meminfo and memory.stat.
std::optional<std::uint64_t> NumberBehind(std::string_view text, std::string_view name);

struct MachineShare {
  unsigned processors = 1;
  std::uint64_t memory_bytes = 0;  // available now, page cache counting as such; 0: not known
};
MachineShare ShareOfMachine(FileSystem& files);

}  // namespace gvsl
