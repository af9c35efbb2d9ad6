// gvsl-dataset as a process.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temporary_directory.h"

namespace gvsl::testing {

struct Outcome {
  int exit_code = -1;
  std::string output;
};

class DatasetProgram : public ::testing::Test {
 protected:
  Outcome Run(const std::string& arguments) { return Shell(GVSL_DATASET_PROGRAM " " + arguments); }
  // Runs with the test's folder as working directory; standard error goes to the file "stderr".
  Outcome Shell(const std::string& line) {
    const std::string command = "cd " + directory_.path() + " && (" + line + ") 2>stderr";
    Outcome outcome;
    FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> buffer;
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
      outcome.output.append(buffer.data(), count);
    }
    const int status = ::pclose(pipe);
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    return outcome;
  }
  std::string StandardError() {
    std::ifstream file(directory_ / "stderr");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  TemporaryDirectory directory_;
};

}  // namespace gvsl::testing
