#include "common/machine_share.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "common/text.h"

namespace gvsl {
namespace {

constexpr const char* kGroups = "/sys/fs/cgroup";

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::string Read(FileSystem& files, const std::string& path) {
  auto text = ReadFile(files, path, 1 << 20);
  return text.ok() ? *std::move(text) : std::string();
}

unsigned ProcessorsOfAffinity() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

unsigned Processors(FileSystem& files, std::string_view groups) {
  unsigned processors = ProcessorsOfAffinity();
  for (const std::string& group : ControlGroups(groups, "cpu")) {
    const std::string both = Read(files, group + "/cpu.max");
    const std::size_t space = both.find(' ');
    const auto quota = space == std::string::npos
                           ? ProcessorsOfQuota(Read(files, group + "/cpu.cfs_quota_us"),
                                               Read(files, group + "/cpu.cfs_period_us"))
                           : ProcessorsOfQuota(both.substr(0, space), both.substr(space + 1));
    if (quota) processors = std::min(processors, *quota);
  }
  return processors;
}

std::optional<std::uint64_t> MemoryLeft(FileSystem& files, const std::string& group) {
  const auto either = [&](const char* name, const char* old_name) {
    const auto value = Number(Read(files, Concat(group, "/", name)));
    return value ? value : Number(Read(files, Concat(group, "/", old_name)));
  };
  const auto limit = either("memory.max", "memory.limit_in_bytes");
  const auto used = either("memory.current", "memory.usage_in_bytes");
  if (!limit || !used) return std::nullopt;
  const std::string counts = Read(files, group + "/memory.stat");
  std::uint64_t cache = 0;
  for (const std::string name : {"inactive_file", "active_file"}) {
    auto bytes = NumberBehind(counts, "total_" + name);
    if (!bytes) bytes = NumberBehind(counts, name);
    cache += bytes.value_or(0);
  }
  const std::uint64_t held = *used - std::min(*used, cache);
  return std::max<std::uint64_t>(1, *limit - std::min(*limit, held));  // 0 is: not known
}

std::uint64_t Memory(FileSystem& files, std::string_view groups) {
  constexpr std::uint64_t kKibi = 1024;
  std::uint64_t memory =
      kKibi * NumberBehind(Read(files, "/proc/meminfo"), "MemAvailable:").value_or(0);
  for (const std::string& group : ControlGroups(groups, "memory")) {
    const auto left = MemoryLeft(files, group);
    if (left) memory = memory == 0 ? *left : std::min(memory, *left);
  }
  return memory;
}

// The group and those above it.
void AddUpwards(const std::string& root, std::string path, std::vector<std::string>& groups) {
  while (path.size() > 1) {
    groups.push_back(root + path);
    path = ParentPath(path);
  }
  groups.push_back(root);
}

}  // namespace

std::optional<unsigned> ProcessorsOfQuota(std::string_view quota, std::string_view period) {
  const auto microseconds = Number(quota);  // not "max", not -1
  const auto every = Number(period);
  if (!microseconds || !every || *every == 0) return std::nullopt;
  const std::uint64_t processors = *microseconds / *every + (*microseconds % *every != 0 ? 1 : 0);
  return static_cast<unsigned>(std::clamp<std::uint64_t>(processors, 1, 1 << 20));
}

std::vector<std::string> ControlGroups(std::string_view text, std::string_view controller) {
  std::vector<std::string> groups;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) continue;
    const std::string names = Concat(",", line.substr(first + 1, second - first - 1), ",");
    const std::string path(line.substr(second + 1));
    if (names == ",,") {
      AddUpwards(kGroups, path, groups);
    } else if (names.find(Concat(",", controller, ",")) != std::string::npos) {
      AddUpwards(Concat(kGroups, "/", controller), path, groups);
    }
  }
  return groups;
}

std::optional<std::uint64_t> NumberBehind(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; (at = text.find(name, at)) != std::string_view::npos; ++at) {
    std::size_t number = at + name.size();
    if (at != 0 && text[at - 1] != '\n') continue;
    if (number >= text.size() || (text[number] != ' ' && text[number] != '\t')) continue;
    while (number < text.size() && (text[number] == ' ' || text[number] == '\t')) ++number;
    return Number(text.substr(number));
  }
  return std::nullopt;
}

MachineShare ShareOfMachine(FileSystem& files) {
  const std::string groups = Read(files, "/proc/self/cgroup");
  return {Processors(files, groups), Memory(files, groups)};
}

}  // namespace gvsl
