#include "worker/agent/devices.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <sstream>

#include "common/text.h"

namespace gvsl::agent {
namespace {

constexpr std::string_view kCuda = "cuda:";

bool IsGpu(const std::string& device) {
  const std::string_view number =
      std::string_view(device).substr(std::min<std::size_t>(device.size(), kCuda.size()));
  return device.starts_with(kCuda) && !number.empty() && number.size() <= 3 &&
         std::ranges::all_of(number, [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::string ShellQuoted(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

Status CheckDeviceName(const std::string& device) {
  if (device == "cpu" || device == "auto" || device == "all" || IsGpu(device)) return OkStatus();
  return InvalidArgumentError(
      Concat("--device '", device, "': cpu, cuda:N, auto or all is expected"));
}

StatusOr<std::vector<std::string>> ChooseDevices(const std::string& device,
                                                 const TrainerDevices& found) {
  if (device == "cpu") return std::vector<std::string>{device};
  if (device == "auto") {
    return std::vector<std::string>{found.names.empty() ? "cpu" : found.names.front()};
  }
  if (device == "all" && !found.names.empty()) return found.names;
  if (std::ranges::count(found.names, device) > 0) return std::vector<std::string>{device};
  const std::string why =
      found.names.empty() ? found.why_none : Concat("there are ", Join(found.names, ", "));
  return NotFoundError(Concat("--device ", device, ": there is no such GPU: ", why));
}

StatusOr<TrainerDevices> AskTrainer(const std::string& trainer) {
  // A driver that hangs hangs whoever asks it.
  const std::string command = "timeout -k 1 60 " + ShellQuoted(trainer) + " --list-devices 2>&1";
  FILE* const output = ::popen(command.c_str(), "re");
  if (output == nullptr) return InternalError("the trainer cannot be asked for its devices");
  std::string text;
  std::array<char, 4096> part{};
  for (std::size_t size; (size = std::fread(part.data(), 1, part.size(), output)) > 0;) {
    text.append(part.data(), size);
  }
  const int wait_status = ::pclose(output);
  if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0) {
    return InternalError(Concat(trainer, " --list-devices failed: ", text));
  }
  TrainerDevices devices;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string name = line.substr(0, line.find(' '));
    if (IsGpu(name)) {
      devices.names.push_back(name);
    } else {
      devices.why_none = line;
    }
  }
  return devices;
}

bool MayHaveGpus() {
  return ::access("/dev/nvidiactl", F_OK) == 0 || ::access("/dev/nvidia0", F_OK) == 0 ||
         ::access("/dev/dxg", F_OK) == 0;  // under Windows
}

}  // namespace gvsl::agent
