#include "cli/dataset/volume_card.h"

#include <sstream>
#include <vector>

#include "cli/dataset/histogram_chart.h"
#include "cli/dataset/terminal.h"
#include "cli/render/html.h"
#include "common/base64.h"
#include "common/png_image.h"
#include "common/text.h"
#include "data_loader/thumbnail.h"

namespace gvsl::cli::dataset {
namespace {

using data_loader::Flag;
using data_loader::VolumeEntry;

constexpr int kThumbnailEdge = 96;

std::string LabelText(const VolumeEntry& volume) {
  if (!volume.label_sha256) return "no labels";
  std::vector<std::string> values;
  for (const auto& [value, voxels] : volume.label_voxels) {
    if (value != 0 && values.size() < 8) values.push_back(Concat(value));
  }
  if (volume.label_voxels.size() > 9) values.emplace_back("…");
  return values.empty() ? "labelled" : "labels " + Join(values, ", ");
}

StatusOr<std::string> PictureOf(const VolumeEntry& volume, const data_loader::VolumeView& view) {
  const data_loader::Thumbnail picture =
      data_loader::MakeThumbnail(view, volume.grid.spacing, kThumbnailEdge);
  GVSL_ASSIGN_OR_RETURN(
      const std::string png,
      EncodePng(picture.width, picture.height,
                picture.channels == 1 ? PngColor::kGray : PngColor::kRgb, picture.pixels));
  return Concat("<img width=\"", picture.width, "\" height=\"", picture.height,
                "\" loading=\"lazy\" decoding=\"async\" alt=\"axial, coronal and sagittal slice\" "
                "src=\"data:image/png;base64,",
                Base64(png), "\">");
}

void WriteFlags(const std::vector<Flag>& flags, const data_loader::Suspicion& suspicion,
                std::ostream& out) {
  if (flags.empty() && suspicion.warnings.empty()) return;
  out << "<ul>";
  for (const Flag& flag : flags) {
    out << "<li class=\"flag\"><b>" << Escaped(flag.code) << "</b> " << Escaped(flag.reason)
        << "</li>";
  }
  for (const auto& warning : suspicion.warnings) {
    out << "<li><b>" << Escaped(warning.code) << "</b> " << Escaped(warning.reason) << "</li>";
  }
  out << "</ul>";
}

void WriteFacts(const VolumeEntry& volume, std::ostream& out) {
  const auto& [low, high] = volume.window_range;
  out << "<p>" << Escaped(volume.modality) << " · " << Times(volume.grid.size) << " voxels of "
      << Times(volume.grid.spacing) << " mm";
  if (volume.cut) out << ", cropped from " << Times(volume.cut->whole);
  out << " · subject " << volume.subject;
  if (volume.class_index) out << " · class " << *volume.class_index;
  out << " · " << Escaped(LabelText(volume)) << " · window " << Escaped(volume.window) << " " << low
      << " to " << high << " · shard " << volume.shard << "</p>";
}

std::string Codes(const std::vector<Flag>& flags, const data_loader::Suspicion& suspicion) {
  std::vector<std::string> codes;
  for (const Flag& flag : flags) codes.push_back(flag.code);
  for (const auto& warning : suspicion.warnings) codes.push_back(warning.code);
  return Join(codes, " ");
}

}  // namespace

std::string SourceText(const std::string& name, const Sources& sources) {
  const auto found = sources.find(name);
  const std::string hash = Concat("<code>", Escaped(name), "</code>");
  if (found == sources.end()) return hash;
  return Concat(hash, " ", Escaped(CleanUtf8(Printable(found->second))));
}

StatusOr<std::string> VolumeCard(const CardContent& content,
                                 const StatusOr<data_loader::VolumeView>& view) {
  const VolumeEntry& volume = content.volume;
  std::vector<Flag> flags = content.suspicion.flags;
  std::string picture = "<div class=\"broken\">damaged</div>";
  if (view.ok()) {
    GVSL_ASSIGN_OR_RETURN(picture, PictureOf(volume, *view));
  } else {
    flags.insert(flags.begin(),
                 {"DAMAGED", "its shard cannot be read, or is not what the manifest says"});
  }
  std::ostringstream out;
  out << "<article" << (flags.empty() ? "" : " class=\"flagged\"")
      << " style=\"order:" << (view.ok() ? static_cast<long>(content.place) : -1L)
      << "\" data-number=\"" << content.number << "\" data-voxels=\""
      << volume.grid.size[0] * volume.grid.size[1] * volume.grid.size[2] << "\" data-subject=\""
      << volume.subject << "\" data-codes=\"" << Escaped(Codes(flags, content.suspicion)) << "\">"
      << picture << (volume.histogram ? HistogramChart(*volume.histogram) : "") << "<h3>"
      << Escaped(volume.id) << "</h3>";
  WriteFlags(flags, content.suspicion, out);
  WriteFacts(volume, out);
  out << "<p class=\"source\">source " << SourceText(volume.source, content.sources)
      << "</p></article>\n";
  return std::move(out).str();
}

}  // namespace gvsl::cli::dataset
