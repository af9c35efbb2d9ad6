#include <memory>

#include "cli/commands/commands.h"
#include "cli/core/app.h"
#include "cli/render/completion.h"

namespace gvsl::cli {

Action ConfigureCompletion(CLI::App& app) {
  const auto shell = std::make_shared<std::string>();
  app.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return [shell](Context& context) -> StatusOr<ExitCode> {
    const auto description = DescribeApp(AllCommands());
    GVSL_RETURN_IF_ERROR(context.Print(CompletionScript(*description, *shell)));
    return kDone;
  };
}

}  // namespace gvsl::cli
