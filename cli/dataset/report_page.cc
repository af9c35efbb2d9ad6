#include "cli/dataset/report_page.h"

#include <algorithm>
#include <iomanip>
#include <map>
#include <sstream>

#include "cli/dataset/histogram_chart.h"
#include "cli/dataset/report_style.h"
#include "cli/render/html.h"
#include "common/text.h"
#include "data_loader/code_advice.h"

namespace gvsl::cli::dataset {
namespace {

using data_loader::DatasetSummary;

constexpr std::size_t kMostNamed = 8;

std::string Bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  std::ostringstream text;
  text << std::fixed << std::setprecision(unit == 0 ? 0 : 1) << value << " " << kUnits[unit];
  return text.str();
}

// "1x2x3" as the other tables have it.
std::map<std::string, std::uint64_t> Crossed(const std::map<std::string, std::uint64_t>& counts) {
  std::map<std::string, std::uint64_t> crossed;
  for (const auto& [name, count] : counts) {
    std::string text;
    for (const char c : name) text += c == 'x' ? std::string("×") : std::string(1, c);
    crossed[text] = count;
  }
  return crossed;
}

template <typename Value>
void WriteFigure(const char* name, const Value& value, std::ostream& out) {
  out << "<div><dt>" << name << "</dt><dd>" << value << "</dd></div>";
}

void WriteFigures(const DatasetSummary& summary, std::size_t flagged, std::ostream& out) {
  out << "<dl>";
  WriteFigure("volumes", summary.manifest.volumes.size(), out);
  WriteFigure("flagged", flagged, out);
  WriteFigure("rejected", summary.report.rejected.size(), out);
  WriteFigure("subjects", summary.subjects, out);
  WriteFigure("labelled", summary.labelled, out);
  WriteFigure("classes", summary.classes.size(), out);
  WriteFigure("shards", summary.manifest.shards.size(), out);
  WriteFigure("in shards", Bytes(summary.bytes), out);
  out << "</dl>";
}

std::string CountsText(const std::vector<std::pair<std::string, std::uint64_t>>& counts) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) {
    if (parts.size() == kMostNamed) break;
    parts.push_back(Concat(name, " (", count, ")"));
  }
  if (counts.size() > kMostNamed) {
    parts.push_back(Concat("and ", counts.size() - kMostNamed, " more"));
  }
  return Escaped(Join(parts, ", "));
}

template <typename Key>
std::string CountsText(const std::map<Key, std::uint64_t>& counts) {
  std::map<std::string, std::uint64_t> by_name;
  for (const auto& [key, count] : counts) by_name[Concat(key)] = count;
  return CountsText(data_loader::Commonest(by_name));
}

template <typename T>
void WriteDistribution(const char* name, const data_loader::Distribution<T>& found,
                       const std::map<std::string, std::uint64_t>& counts, std::ostream& out) {
  out << "<tr><td>" << name << "</td><td data-name=\"least\">" << Times(found.least)
      << "</td><td data-name=\"median\">" << Times(found.median)
      << "</td><td data-name=\"greatest\">" << Times(found.greatest)
      << "</td><td data-name=\"commonest\">" << CountsText(data_loader::Commonest(Crossed(counts)))
      << "</td></tr>";
}

template <typename Key>
void WriteCounts(const char* name, const std::map<Key, std::uint64_t>& counts, std::ostream& out) {
  if (counts.empty()) return;
  out << "<tr><td>" << name << "</td><td></td><td></td><td></td><td>" << CountsText(counts)
      << "</td></tr>";
}

void WriteDistributions(const DatasetSummary& summary, std::ostream& out) {
  out << "<section><h2>Sizes, spacings, kinds</h2><div class=\"scroll\"><table><tr><th></th>"
         "<th>least</th><th>median</th><th>greatest</th><th>commonest, with volumes</th></tr>";
  WriteDistribution("size, voxels (z×y×x)", summary.size, summary.sizes, out);
  WriteDistribution("spacing, mm (z×y×x)", summary.spacing, summary.spacings, out);
  WriteCounts("modality", summary.modalities, out);
  WriteCounts("window", summary.windows, out);
  WriteCounts("class", summary.classes, out);
  WriteCounts("label", summary.labels, out);
  WriteCounts("warning", summary.warnings, out);
  out << "</table></div></section>\n";
}

void WriteHistograms(const DatasetSummary& summary, std::ostream& out) {
  out << "<section><h2>Intensities</h2><p class=\"note\">Voxels by value after the window, 0 to 1; "
         "heights are square roots of shares.</p><div class=\"charts\">";
  for (const auto& group : summary.intensities) {
    out << "<figure style=\"margin:0\">" << HistogramChart(group.histogram)
        << "<div class=\"ends\"><span>0</span><span>1</span></div><figcaption>"
        << Escaped(group.modality) << ", window " << Escaped(group.window) << ": "
        << Plural(group.volumes, "volume");
    if (group.uncounted > 0) out << ", " << group.uncounted << " not counted";
    out << "</figcaption></figure>";
  }
  out << "</div></section>\n";
}

void WriteRejectedRow(const std::string& code,
                      const std::vector<const data_loader::RejectedVolume*>& rejected,
                      const Sources& sources, std::ostream& out) {
  std::map<std::string, std::uint64_t> reasons;
  for (const auto* volume : rejected) ++reasons[volume->rejection.reason];
  const auto commonest = data_loader::Commonest(reasons);
  out << "<tr><td><b>" << Escaped(code) << "</b></td><td data-name=\"sources\">" << rejected.size()
      << "</td><td>" << Escaped(commonest.front().first)
      << (commonest.size() > 1 ? " <span class=\"note\">and the like</span>" : "")
      << "<details><summary class=\"note\">" << Plural(rejected.size(), "source") << "</summary>";
  for (const auto* volume : rejected) {
    out << "<p>" << SourceText(volume->source, sources);
    if (commonest.size() > 1)
      out << " <span class=\"note\">" << Escaped(volume->rejection.reason) << "</span>";
    out << "</p>";
  }
  out << "</details></td><td data-name=\"what to do\">" << Escaped(data_loader::AdviceFor(code))
      << "</td></tr>";
}

void WriteRejected(const DatasetSummary& summary, const Sources& sources, std::ostream& out) {
  out << "<section><h2>Rejected</h2>";
  std::map<std::string, std::vector<const data_loader::RejectedVolume*>> by_code;
  for (const auto& volume : summary.report.rejected) {
    by_code[volume.rejection.code].push_back(&volume);
  }
  if (!summary.report_problem.empty()) {
    out << "<p>Not known: " << Escaped(summary.report_problem) << ".</p>";
  } else if (by_code.empty()) {
    out << "<p>Nothing was rejected.</p>";
  } else {
    out << "<div class=\"scroll\"><table><tr><th>code</th><th>sources</th><th>why</th><th>what to "
           "do</th></tr>";
    for (const auto& [code, rejected] : by_code) WriteRejectedRow(code, rejected, sources, out);
    out << "</table></div>";
  }
  for (const auto& warning : summary.report.warnings) {
    out << "<p><b>" << Escaped(warning.code) << "</b> " << Escaped(warning.reason) << "</p>";
  }
  out << "</section>\n";
}

constexpr char kVolumes[] =
    R"(<section class="volumes"><h2>Volumes</h2>
<p class="note">The most suspicious come first. Middle slices: axial, coronal, sagittal, in true proportions. The patient's right
is on the <b>right</b> of axial and coronal slices (as in neurology, not as in radiology); axial: front up; sagittal: head up, front to
the right. Labels are tinted. Below: the volume's own histogram.</p>
<div class="tools" hidden><select aria-label="order"><option value="suspicion">most suspicious first</option>
<option value="number">as in the dataset</option><option value="smallest">smallest first</option>
<option value="largest">largest first</option><option value="subject">by subject</option></select>
<input type="search" placeholder="id, source, words" aria-label="search"><span class="shown note"></span></div>
<div class="cards">
)";

}  // namespace

std::string PageHead(const DatasetSummary& summary,
                     const std::vector<data_loader::Suspicion>& suspicions,
                     const Sources& sources) {
  const auto flagged = static_cast<std::size_t>(
      std::count_if(suspicions.begin(), suspicions.end(),
                    [](const auto& suspicion) { return !suspicion.flags.empty(); }));
  const std::string sha256 = Escaped(summary.manifest.sha256);
  std::ostringstream out;
  out << "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width,initial-scale=1\"><meta name=\"referrer\" "
         "content=\"no-referrer\"><meta http-equiv=\"Content-Security-Policy\" "
         "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src "
         "'unsafe-inline'\"><title>Dataset "
      << sha256.substr(0, 12) << "</title><style>" << kReportStyle << "</style></head><body>\n"
      << "<header><h1>Dataset</h1><code>" << sha256 << "</code>";
  if (!sources.empty()) {
    out << "<p><b>This page names the paths of its sources: keep it to yourself.</b></p>";
  }
  WriteFigures(summary, flagged, out);
  out << "</header>\n";
  WriteDistributions(summary, out);
  WriteHistograms(summary, out);
  WriteRejected(summary, sources, out);
  out << kVolumes;
  return std::move(out).str();
}

std::string PageFoot(const std::vector<std::string>& damaged, std::size_t damaged_volumes) {
  std::ostringstream out;
  out << "</div></section>\n";
  if (!damaged.empty()) {
    out << "<section class=\"alarm\"><h2>Damaged</h2><p>" << Plural(damaged_volumes, "volume")
        << " cannot be read, of " << Escaped(Join(damaged, ", "))
        << "; gvsl-dataset verify says more.</p></section>\n";
  }
  out << "<script>" << kReportScript << "</script></body></html>\n";
  return std::move(out).str();
}

}  // namespace gvsl::cli::dataset
