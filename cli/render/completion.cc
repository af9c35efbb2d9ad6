#include "cli/render/completion.h"

#include <vector>

#include "common/text.h"

namespace gvsl::cli {
namespace {

// What may follow one command's words.
struct Node {
  std::string path;  // "checkpoint verify"; empty: the program itself
  std::vector<std::string> words;
  std::vector<std::string> options;
};

void Collect(const CLI::App& app, const std::string& path, std::vector<Node>& nodes) {
  Node node{path, {}, {}};
  for (const CLI::App* child : app.get_subcommands({})) node.words.push_back(child->get_name());
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) node.options.push_back("--" + name);
  }
  nodes.push_back(node);
  for (const CLI::App* child : app.get_subcommands({})) {
    Collect(*child, path.empty() ? child->get_name() : Concat(path, " ", child->get_name()), nodes);
  }
}

// One shell function: the words before the cursor that are no options are matched with the known
// paths, the longest first.
std::string BashScript(const std::vector<Node>& nodes) {
  std::string script =
      "_gvslctl() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" path=\"\" word known\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    [[ $word == -* ]] || path=\"${path:+$path }$word\"\n"
      "  done\n"
      "  case \"$path\" in\n";
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    const std::string pattern =
        node->path.empty() ? "*" : Concat("\"", node->path, "\"|\"", node->path, " \"*");
    script += Concat("    ", pattern, ") known=\"", Join(node->words, " "),
                     node->words.empty() ? "" : " ", Join(node->options, " "),
                     node->path.empty() ? "" : Concat(" ", Join(nodes[0].options, " ")), "\" ;;\n");
  }
  return script +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$known\" -- \"$current\"))\n"
         "  [[ ${#COMPREPLY[@]} -gt 0 || $current == -* ]] || COMPREPLY=($(compgen -f -- "
         "\"$current\"))\n"
         "}\n"
         "complete -o filenames -F _gvslctl gvslctl";
}

std::string FishScript(const std::vector<Node>& nodes) {
  std::string script = "complete -c gvslctl -e\n";
  for (const Node& node : nodes) {
    std::string condition = "__fish_use_subcommand";
    if (!node.path.empty()) {
      condition = "true";
      std::string rest = node.path;
      for (std::size_t space = 0; space != std::string::npos;) {
        space = rest.find(' ');
        condition += Concat("; and __fish_seen_subcommand_from ", rest.substr(0, space));
        if (space != std::string::npos) rest = rest.substr(space + 1);
      }
    }
    for (const std::string& word : node.words) {
      script += Concat("complete -c gvslctl -f -n '", condition, "' -a ", word, "\n");
    }
    for (const std::string& option : node.options) {
      const std::string where = node.path.empty() ? "" : Concat(" -n '", condition, "'");
      script += Concat("complete -c gvslctl", where, " -l ", option.substr(2), "\n");
    }
  }
  script.pop_back();
  return script;
}

}  // namespace

std::string CompletionScript(const CLI::App& app, const std::string& shell) {
  std::vector<Node> nodes;
  Collect(app, "", nodes);
  if (shell == "fish") return FishScript(nodes);
  const std::string bash = BashScript(nodes);
  if (shell == "bash") return bash;
  return "autoload -U +X bashcompinit && bashcompinit\n" + bash;
}

}  // namespace gvsl::cli
