#include "cli/render/table.h"

#include <algorithm>

#include "cli/render/format.h"
#include "common/text.h"

namespace gvsl::cli {

std::string FormatTable(const std::vector<std::string>& header,
                        const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> lines = {header};
  lines.insert(lines.end(), rows.begin(), rows.end());
  std::vector<std::size_t> widths(header.size());
  for (auto& cells : lines) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      cells[i] = cells[i].empty() ? "-" : Printable(cells[i]);
      widths[i] = std::max(widths[i], CountColumns(cells[i]));
    }
  }
  std::vector<std::string> texts;
  for (const auto& cells : lines) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text += cells[i];
      if (i + 1 < cells.size()) text.append(widths[i] - CountColumns(cells[i]) + 2, ' ');
    }
    texts.push_back(std::move(text));
  }
  return Join(texts, "\n");
}

std::string FormatFacts(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::size_t width = 0;
  for (const auto& [name, value] : facts) width = std::max(width, name.size());
  std::vector<std::string> lines;
  for (const auto& [name, value] : facts) {
    lines.push_back(Concat(name, ":", std::string(width - name.size() + 2, ' '), Printable(value)));
  }
  return Join(lines, "\n");
}

}  // namespace gvsl::cli
