// Options of the servers: flag over environment over file. The one wrapper of yaml-cpp for options;
// CLI11 does the rest.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "common/status.h"

namespace gvsl {

// A finite number from `least` to `most`, for Option::check.
CLI::Validator NumberFrom(double least, double most);

// Bytes, or with a unit, 500MB or 8GiB: makes a number of it, for Option::transform. CLI11's own
// takes -1 for the largest.
CLI::Validator ByteSize();

// Where standard input, output or error is closed, nothing that is opened later may take its place.
// Writing there stays an error. First thing in main.
void HoldStandardDescriptors();

// Whether this process was started with the signal ignored, as nohup or a shell without job control
// does it: then it should stay so.
bool IsSignalIgnored(int signal_number);

// Call after every option was added to `app`. Each long option --some-name can then also stand in
// the environment as GVSL_SOME_NAME and in the file of --config (GVSL_CONFIG) as the YAML key
// some-name: a map of scalars. An unknown key is an error that names the nearest known one.
void AddConfigSources(CLI::App& app);

// Parses the command line. Nothing to do is an exit status: 0 after --help or --version, 2 after
// wrong usage (said on standard error).
struct ParseOutcome {
  bool run = false;
  int exit_status = 0;
};
ParseOutcome ParseOptions(CLI::App& app, int argc, char** argv);

// Whether HOST:PORT (or HOST) is on this machine's loopback: 127.x.x.x, localhost, [::1].
bool IsLoopbackAddress(std::string_view address);

// HOST of HOST:PORT, brackets of an IPv6 address taken off. INVALID_ARGUMENT without a port in
// 0..65535.
StatusOr<std::string> HostOfAddress(std::string_view address);

}  // namespace gvsl
