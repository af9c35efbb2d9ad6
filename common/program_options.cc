#include "common/program_options.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "common/text.h"

namespace gvsl {
namespace {

std::string EnvironmentName(const std::string& option) {
  std::string name = "GVSL_" + option;
  for (char& letter : name) {
    letter =
        letter == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  }
  return name;
}

class YamlConfig final : public CLI::Config {
 public:
  explicit YamlConfig(std::vector<std::string> known) : known_(std::move(known)) {}

  std::string to_config(const CLI::App*, bool, bool, std::string) const override { return {}; }

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    std::vector<CLI::ConfigItem> items;
    try {
      const YAML::Node root = YAML::Load(input);
      if (root.IsNull()) return items;
      if (!root.IsMap()) throw CLI::ConfigError("--config: a map of options is expected");
      CheckOnce(root);
      for (const auto& entry : root) {
        CLI::ConfigItem item = Item(entry.first, entry.second);
        // CLI11 itself would let the file win over the environment.
        if (std::getenv(EnvironmentName(item.name).c_str()) == nullptr) {
          items.push_back(std::move(item));
        }
      }
    } catch (const YAML::Exception& error) {
      throw CLI::ConfigError(Concat("--config: ", error.what()));
    }
    return items;
  }

 private:
  void CheckOnce(const YAML::Node& root) const {
    std::set<std::string> seen;
    for (const auto& entry : root) {
      const auto key = entry.first.as<std::string>();
      if (!seen.insert(key).second) {
        throw CLI::ConfigError(Concat("--config: the key '", key, "' is there twice"));
      }
    }
  }

  CLI::ConfigItem Item(const YAML::Node& key, const YAML::Node& value) const {
    CLI::ConfigItem item;
    item.name = key.as<std::string>();
    if (std::find(known_.begin(), known_.end(), item.name) == known_.end()) {
      throw CLI::ConfigError(Concat("--config: unknown key '", item.name, "'; the nearest is '",
                                    NearestWord(item.name, known_), "'"));
    }
    if (!value.IsScalar()) {
      throw CLI::ConfigError(Concat("--config: ", item.name, ": a single value is expected"));
    }
    item.inputs.push_back(value.as<std::string>());
    return item;
  }

  std::vector<std::string> known_;
};

// CLI11 passes over one that is not there.
void CheckConfigOfEnvironment(const CLI::App& app, int argc, char** argv) {
  const char* path = std::getenv("GVSL_CONFIG");
  if (app.get_config_ptr() == nullptr || path == nullptr || *path == '\0') return;
  const bool flag_is_over_it = std::any_of(argv, argv + argc, [](std::string_view argument) {
    return argument == "--config" || argument.starts_with("--config=");
  });
  if (!flag_is_over_it && ::access(path, R_OK) != 0) {
    throw CLI::ConfigError(Concat("GVSL_CONFIG: ", path, " cannot be read"));
  }
}

}  // namespace

CLI::Validator NumberFrom(double least, double most) {
  const std::string range = Concat("from ", least, " to ", most);
  return CLI::Validator(
      [=](std::string& text) {
        char* end = nullptr;
        const double number = std::strtod(text.c_str(), &end);
        const bool whole = !text.empty() && *end == '\0';
        return whole && number >= least && number <= most
                   ? std::string()
                   : Concat("'", text, "': a number ", range, " is expected");
      },
      "[" + range + "]");
}

CLI::Validator ByteSize() {
  return CLI::Validator(
      [](std::string& text) {
        if (text.find('-') != std::string::npos)
          return Concat("'", text, "': a size is not negative");
        return CLI::AsSizeValue(/*kb_is_1000=*/true)(text);
      },
      "[a size, as 500MB or 8GiB]");
}

void HoldStandardDescriptors() {
  for (const int file_descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(file_descriptor, F_GETFD) >= 0) continue;
    (void)!::open("/dev/null", O_RDONLY);  // the lowest free number: this one
  }
}

bool IsSignalIgnored(int signal_number) {
  struct sigaction now {};
  return ::sigaction(signal_number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

void AddConfigSources(CLI::App& app) {
  std::vector<std::string> known;
  for (CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty() || !option->get_configurable()) continue;
    const std::string& name = option->get_lnames().front();
    if (name == "help" || name == "version") continue;
    option->envname(EnvironmentName(name));
    known.push_back(name);
  }
  app.config_formatter(std::make_shared<YamlConfig>(std::move(known)));
  app.set_config("--config", "", "options in a YAML file: the same names without the dashes")
      ->envname("GVSL_CONFIG")
      ->type_name("FILE.yaml");
}

ParseOutcome ParseOptions(CLI::App& app, int argc, char** argv) {
  try {
    CheckConfigOfEnvironment(app, argc, argv);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return {.run = false, .exit_status = app.exit(error)};
    const std::string path = argc > 0 ? argv[0] : "";
    const std::string name = path.substr(path.rfind('/') + 1);
    std::cerr << name << ": " << error.what() << "\nTry '" << name << " --help'." << std::endl;
    return {.run = false, .exit_status = 2};
  }
  return {.run = true, .exit_status = 0};
}

StatusOr<std::string> HostOfAddress(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  const std::string error = Concat("'", address, "' is not HOST:PORT");
  if (colon == std::string_view::npos || colon == 0) return InvalidArgumentError(error);
  const std::string_view port = address.substr(colon + 1);
  const bool digits =
      !port.empty() && port.size() <= 5 &&
      std::all_of(port.begin(), port.end(), [](unsigned char c) { return std::isdigit(c); });
  if (!digits || std::stoi(std::string(port)) > 65535) return InvalidArgumentError(error);
  std::string_view host = address.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return std::string(host);
}

bool IsLoopbackAddress(std::string_view address) {
  const auto parsed = HostOfAddress(address);
  const std::string host = parsed.ok() ? *parsed : std::string(address);
  in_addr binary{};
  return host == "localhost" || host == "::1" ||
         (::inet_pton(AF_INET, host.c_str(), &binary) == 1 && ntohl(binary.s_addr) >> 24 == 127);
}

}  // namespace gvsl
