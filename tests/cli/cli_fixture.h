// gvslctl in the test's own process: arguments in, exit status and two streams out.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cli/core/environment.h"

namespace gvsl::cli {

struct CliResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// One call after the other; what is set here is what the next call meets.
struct Cli {
  std::map<std::string, std::string> variables;
  std::string program_directory = "/nowhere";
  bool terminal = false;
  Interrupt interrupt;
  SystemClock clock;
  FileSystem* files = &PosixFileSystem();

  CliResult Run(const std::vector<std::string>& arguments);
};

// An empty folder that is removed with the object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }
  // The path of a file with this content.
  std::string Write(const std::string& name, const std::string& text) const;
  std::vector<std::string> Names() const;

 private:
  std::string path_;
};

}  // namespace gvsl::cli
