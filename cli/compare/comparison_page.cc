#include "cli/compare/comparison_page.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <iomanip>
#include <map>
#include <optional>
#include <sstream>

#include "cli/compare/line_chart.h"
#include "cli/render/html.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

constexpr char kStyle[] = R"(
body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0}
th,td{padding:.3rem .8rem;text-align:right;border-bottom:1px solid #ddd;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
td.best{font-weight:700}
svg{width:100%;max-width:52rem;height:auto;font:12px system-ui,sans-serif}
pre{overflow:auto}
img{max-width:100%;height:auto}
svg .grid{stroke:#eee}svg .axis{stroke:#888}
.note{color:#666}
)";

std::string Title(const ComparedColumn& column) {
  return Concat(WrittenEvaluation(column.evaluation), " ", column.task);
}

std::optional<std::size_t> BestRow(const ComparedColumn& column) {
  std::optional<std::size_t> best;
  for (std::size_t m = 0; m < column.cells.size(); ++m) {
    if (!column.cells[m].IsWhole()) continue;
    if (!best || column.cells[m].Mean() > column.cells[*best].Mean()) best = m;
  }
  return best;
}

// What registration has to beat.
void WriteWithout(const ComparedTable& table, std::ostream& out) {
  if (!Registers(table)) return;
  out << "<tr><td>no registration</td>";
  for (const ComparedColumn& column : table.columns) {
    const ComparedCell cell = {.scores = {{0, column.without}}, .wanted = 1, .curves = {}};
    out << "<td>" << (std::isnan(column.without) ? "" : FormatCell(column, cell)) << "</td>";
  }
  out << "</tr>\n";
}

bool Has(const ComparedTable& table, std::initializer_list<v1::Method> methods) {
  return std::ranges::any_of(methods, [&table](v1::Method method) {
    return std::ranges::find(table.methods, method) != table.methods.end();
  });
}

// What a reader has to know of a row before comparing it.
void WriteCaveats(const ComparedTable& table, std::ostream& out) {
  if (Registers(table)) {
    out << "<p class=\"note\">Registration: gvsl, gvsl-no-restoration and gvsl-no-affine go on "
           "with "
           "the head that they have pre-trained; all others begin with a new one on their "
           "backbone.</p>\n";
  }
  if (Has(table, {v1::METHOD_ROTATION, v1::METHOD_DEEPCLUSTER, v1::METHOD_SIMSIAM, v1::METHOD_BYOL,
                  v1::METHOD_SIMCLR, v1::METHOD_DENSECL})) {
    out << "<p class=\"note\">rotation, deepcluster, simsiam, byol, simclr and densecl train the "
           "encoder alone: a linear task sees their decoder as it was drawn.</p>\n";
  }
}

void WriteTable(const ComparedTable& table, std::ostream& out) {
  out << "<table><thead><tr><th>pre-training</th>";
  for (const ComparedColumn& column : table.columns) {
    out << "<th>" << Escaped(Title(column)) << "<br>" << Escaped(column.score) << "</th>";
  }
  out << "</tr></thead><tbody>\n";
  for (std::size_t m = 0; m < table.methods.size(); ++m) {
    out << "<tr><td>" << WrittenMethod(table.methods[m]) << "</td>";
    for (const ComparedColumn& column : table.columns) {
      out << (BestRow(column) == m ? "<td class=\"best\">" : "<td>")
          << FormatCell(column, column.cells[m]) << "</td>";
    }
    out << "</tr>\n";
  }
  WriteWithout(table, out);
  out << "</tbody></table>\n<p class=\"note\">Mean ± standard deviation over the seeds, on the "
         "test part, in percent (ncc as it is); the best of a column is bold. A seed draws the "
         "task's split, head and order; each method is pre-trained once, on all volumes without "
         "their labels, the tasks' test volumes among them.</p>\n";
  WriteCaveats(table, out);
}

// At each step at which all seeds have a point.
ChartLine MeanCurve(const std::string& name, const ComparedCell& cell) {
  std::map<std::uint64_t, std::vector<double>> by_step;
  for (const auto& curve : cell.curves) {
    for (const auto& [step, score] : curve) by_step[step].push_back(score);
  }
  ChartLine line{name, {}};
  for (const auto& [step, scores] : by_step) {
    if (scores.size() < cell.curves.size()) continue;
    double sum = 0;
    for (const double score : scores) sum += score;
    line.points.emplace_back(step, sum / static_cast<double>(scores.size()));
  }
  return line;
}

void WriteCurves(const ComparedTable& table, std::ostream& out) {
  for (const ComparedColumn& column : table.columns) {
    std::vector<ChartLine> lines;
    for (std::size_t m = 0; m < table.methods.size(); ++m) {
      lines.push_back(MeanCurve(WrittenMethod(table.methods[m]), column.cells[m]));
    }
    const std::string chart = LineChart("validation " + column.score, lines);
    if (!chart.empty()) out << "<h3>" << Escaped(Title(column)) << "</h3>\n" << chart;
  }
}

void WritePictures(const std::vector<Picture>& pictures, std::ostream& out) {
  for (const Picture& picture : pictures) {
    out << "<h2>" << Escaped(picture.title) << "</h2>\n<p class=\"note\">"
        << Escaped(picture.caption) << "</p>\n<img alt=\"" << Escaped(picture.title) << "\" src=\""
        << DataUrl(picture) << "\">\n";
  }
}

std::string Percent(double value) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << 100 * value;
  return text.str();
}

// Of the one that is the nearest behind gvsl, or the furthest ahead of it.
std::string AgainstRivals(const ComparedTable& table, const ComparedColumn& column,
                          std::size_t row) {
  std::optional<std::size_t> nearest;
  Lead least;
  for (std::size_t m = 0; m < table.methods.size(); ++m) {
    if (m == row || !column.cells[m].IsWhole()) continue;
    const Lead lead = LeadOf(column.cells[row], column.cells[m]);
    if (nearest && lead.mean >= least.mean) continue;
    nearest = m;
    least = lead;
  }
  if (!nearest) return "";
  const std::string by = std::isnan(least.spread)
                             ? Percent(std::abs(least.mean))
                             : Concat(Percent(std::abs(least.mean)), " ± ", Percent(least.spread));
  const std::string rival = WrittenMethod(table.methods[*nearest]);
  if (least.mean > 0) {
    return Concat(Title(column), ": gvsl is ahead of all others, as in the paper; of ", rival,
                  " by ", by, " points.");
  }
  return Concat(Title(column), ": gvsl is not ahead, unlike in the paper; ", rival,
                least.mean == 0 ? " is level with it." : " is ahead of it by " + by + " points.");
}

void WriteSpec(const ComparedTable& table, std::ostream& out) {
  out << "<h2>How</h2>\n<p class=\"note\">Dataset "
      << (table.dataset_sha256.empty() ? "unknown" : table.dataset_sha256)
      << "; what all methods have in common:</p>\n<pre>"
      << Escaped(DumpPretty(CommonToJson(table.spec))) << "</pre>\n";
}

}  // namespace

std::vector<std::string> AgainstThePaper(const ComparedTable& table) {
  const auto found = std::ranges::find(table.methods, v1::METHOD_GVSL);
  if (found == table.methods.end()) return {};
  const auto row = static_cast<std::size_t>(found - table.methods.begin());
  std::vector<std::string> sentences;
  for (const ComparedColumn& column : table.columns) {
    const ComparedCell& own = column.cells[row];
    if (!own.IsWhole()) continue;
    if (std::isnan(column.without)) {
      const std::string sentence = AgainstRivals(table, column, row);
      if (!sentence.empty()) sentences.push_back(sentence);
    } else {
      sentences.push_back(Concat(Title(column), ": gvsl registers ",
                                 own.Mean() > column.without ? "better" : "no better",
                                 " than no registration does."));
    }
  }
  return sentences;
}

std::string ComparisonPage(const ComparedTable& table, const std::vector<Picture>& pictures) {
  std::ostringstream out;
  out << "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>"
      << Escaped(table.name) << "</title><style>" << kStyle << "</style></head><body>\n<h1>"
      << Escaped(table.name) << "</h1>\n";
  WriteTable(table, out);
  const auto sentences = AgainstThePaper(table);
  if (!sentences.empty()) out << "<h2>Against the paper</h2>\n<ul>\n";
  for (const std::string& sentence : sentences) out << "<li>" << Escaped(sentence) << "</li>\n";
  if (!sentences.empty()) out << "</ul>\n";
  if (!table.failures.empty()) out << "<h2>Without a result</h2>\n<ul>\n";
  for (const std::string& failure : table.failures) out << "<li>" << Escaped(failure) << "</li>\n";
  if (!table.failures.empty()) out << "</ul>\n";
  out << "<h2>Convergence</h2>\n<p class=\"note\">Score on the validation part, mean over the "
         "seeds."
         "</p>\n";
  WriteCurves(table, out);
  WritePictures(pictures, out);
  WriteSpec(table, out);
  out << "</body></html>\n";
  return out.str();
}

}  // namespace gvsl::cli
