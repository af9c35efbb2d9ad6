#include "cli/spec/yaml_file.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

#include "cli/core/command.h"

namespace gvsl::cli {

StatusOr<std::string> ReadYamlFile(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return UsageError(path, "is a folder");
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& in = path == "-" ? std::cin : file;
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.fail() || (path != "-" && !file.is_open())) return UsageError(path, "cannot be read");
  return text;
}

}  // namespace gvsl::cli
