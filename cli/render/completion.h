// Completion scripts, made from the parser's own description of the commands. Pure.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace gvsl::cli {

// For shell "bash", "zsh" or "fish"; install as `source <(gvslctl completion bash)`,
// `gvslctl completion fish | source`.
std::string CompletionScript(const CLI::App& app, const std::string& shell);

}  // namespace gvsl::cli
