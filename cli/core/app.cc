#include "cli/core/app.h"

#include <CLI/Error.hpp>
#include <algorithm>
#include <optional>
#include <utility>

#include "common/text.h"
#include "common/version.h"

namespace gvsl::cli {
namespace {

constexpr char kFooter[] = R"(
The coordinator is --coordinator, else $GVSL_COORDINATOR, else the running instance of
`gvslctl local up`, else 127.0.0.1:7600. Global options may stand before and after the command.

Exit status:
  0  done
  1  failed
  2  wrong usage: an option, a job file, or a value that the coordinator refused by name
  3  not found
  4  not allowed
  5  coordinator unreachable
  6  the job itself failed or was cancelled (watch, submit --wait)
  130 interrupted (Ctrl-C); jobs go on)";

struct Parser {
  std::unique_ptr<CLI::App> app;
  GlobalOptions options;
  Action chosen;
  bool calls_coordinator = false;
};

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  app.add_option("--coordinator", options.coordinator, "the coordinator's gRPC address")
      ->type_name("HOST:PORT");
  app.add_flag("--json", options.json, "JSON on standard output");
  app.add_option("--timeout", options.timeout,
                 "deadline of a call (10s); of watch and logs -f: how long a coordinator may be "
                 "away (5m); of local up and down: how long to wait (30s)")
      ->type_name("TIME");
  AddTransportOptions(app, options.transport);
}

CLI::App* FindChild(CLI::App& app, const std::string& word) {
  for (CLI::App* child : app.get_subcommands({})) {
    if (child->get_name() == word) return child;
  }
  return nullptr;
}

// The app of the command's last word; those of the words before it are made where they are missing.
CLI::App& AddCommandApp(CLI::App& root, const Command& command) {
  CLI::App* app = &root;
  std::string_view rest = command.path;
  while (true) {
    const std::size_t space = rest.find(' ');
    const std::string word(rest.substr(0, space));
    const bool last = space == std::string_view::npos;
    CLI::App* next = last ? nullptr : FindChild(*app, word);
    if (next == nullptr) {
      next = app->add_subcommand(word, last ? std::string(command.summary) : "");
      if (app == &root) next->group(std::string(command.group));
      if (!last) next->require_subcommand(1);
      next->footer("");
    }
    app = next;
    if (last) return *app;
    rest.remove_prefix(space + 1);
  }
}

// "verify, delete, …" for a word that only groups commands.
void DescribeGroups(CLI::App& root) {
  for (CLI::App* app : root.get_subcommands({})) {
    std::vector<std::string> words;
    for (const CLI::App* child : app->get_subcommands({})) words.push_back(child->get_name());
    if (!words.empty()) app->description(Join(words, " | "));
  }
}

std::unique_ptr<Parser> MakeParser(std::span<const Command> commands) {
  auto parser = std::make_unique<Parser>();
  parser->app = std::make_unique<CLI::App>("Submits GVSL jobs and looks after them.", "gvslctl");
  CLI::App& root = *parser->app;
  root.fallthrough();
  root.require_subcommand(1);
  root.set_version_flag("--version", Concat("gvslctl ", kVersion));
  root.footer(kFooter);
  root.get_formatter()->column_width(34);
  AddGlobalOptions(root, parser->options);
  for (const Command& command : commands) {
    CLI::App& app = AddCommandApp(root, command);
    Action action = command.configure(app);
    app.callback(
        [chosen = parser.get(), calls = command.calls_coordinator, action = std::move(action)] {
          chosen->chosen = action;
          chosen->calls_coordinator = calls;
        });
  }
  DescribeGroups(root);
  return parser;
}

// The app whose words were given, as far as they are known.
CLI::App& DeepestParsed(CLI::App& root) {
  CLI::App* app = &root;
  for (auto parsed = app->get_subcommands(); !parsed.empty(); parsed = app->get_subcommands()) {
    app = parsed.back();
  }
  return *app;
}

std::string PathOf(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name()
                                     : Concat(PathOf(*app.get_parent()), " ", app.get_name());
}

std::string DescribeUsageError(const CLI::Error& error, CLI::App& root) {
  CLI::App& app = DeepestParsed(root);
  std::vector<std::string> words;
  for (const CLI::App* child : app.get_subcommands({})) words.push_back(child->get_name());
  const auto extra = root.remaining(true);
  std::string text = error.what();
  if (!words.empty()) {
    const auto word = std::find_if(extra.begin(), extra.end(),
                                   [](const std::string& it) { return it.rfind('-', 0) != 0; });
    text = word == extra.end() ? Concat("a command is needed: ", Join(words, ", "))
                               : Concat("unknown command ", *word, "; did you mean ",
                                        NearestWord(*word, words), "?");
  } else if (!extra.empty() && dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    text = Concat("unexpected argument ", extra.front());
    std::vector<std::string> options;
    for (CLI::App* place : {&app, &root}) {
      for (const CLI::Option* option : place->get_options()) {
        if (!option->get_lnames().empty()) options.push_back("--" + option->get_lnames()[0]);
      }
    }
    if (extra.front().rfind("--", 0) == 0) {
      text += Concat("; did you mean ", NearestWord(extra.front(), options), "?");
    }
  }
  return Concat("gvslctl: ", text, "\nTry '", PathOf(app), " --help'.");
}

void PrintError(const Status& status, std::ostream& err) {
  err << "gvslctl: ";
  if (status.code() == StatusCode::kUnimplemented) err << "UNIMPLEMENTED: ";
  err << status.message() << '\n';
  for (const FieldViolation& violation : status.violations()) {
    const std::string line = Concat(violation.field, ": ", violation.reason);
    if (status.message().find(line) == std::string::npos) err << "  " << line << '\n';
  }
  err << std::flush;
}

int Act(Parser& parser, Environment& environment) {
  Context context(parser.options, environment);
  if (const Status status = context.Check(parser.calls_coordinator); !status.ok()) {
    PrintError(status, environment.err);
    return status.code() == StatusCode::kInvalidArgument ? kWrongUsage : ExitCodeFor(status);
  }
  const StatusOr<ExitCode> code = parser.chosen(context);
  if (code.ok()) return *code;
  if (environment.interrupt.requested()) {
    environment.err << "gvslctl: interrupted" << std::endl;
    return environment.interrupt.exit_code();
  }
  PrintError(code.status(), environment.err);
  return ExitCodeFor(code.status());
}

}  // namespace

int Run(const std::vector<std::string>& arguments, std::span<const Command> commands,
        Environment& environment) try {
  const auto parser = MakeParser(commands);
  try {
    parser->app->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Error& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      return parser->app->exit(error, environment.out, environment.err);
    }
    environment.err << DescribeUsageError(error, *parser->app) << std::endl;
    return kWrongUsage;
  }
  return Act(*parser, environment);
} catch (const std::exception& error) {
  environment.err << "gvslctl: " << error.what() << std::endl;
  return kFailed;
}

std::unique_ptr<CLI::App> DescribeApp(std::span<const Command> commands) {
  return std::move(MakeParser(commands)->app);
}

Status UsageError(const std::string& argument, const std::string& reason) {
  return InvalidArgumentError("wrong usage").WithViolation(argument, reason);
}

void AddJobArgument(CLI::App& app, std::string& job) {
  app.add_option("JOB", job, "name or uid")->required();
}

}  // namespace gvsl::cli
