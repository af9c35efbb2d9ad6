#include "data_loader/dicom_series_reader.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "common/file_system.h"
#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/gantry_tilt.h"
#include "data_loader/series_assembly.h"
#include "data_loader/volume_check.h"

namespace gvsl::data_loader {
namespace {

using Series = std::vector<DicomHeader>;

std::string FolderName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

bool IsCalledDicom(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  for (char& letter : extension) letter = static_cast<char>(letter | 0x20);
  return extension == ".dcm" || extension == ".ima";
}

using Identity = std::pair<std::string, std::optional<std::array<double, 3>>>;

Identity IdentityOf(const DicomHeader& header) { return {header.instance_uid, header.position}; }

// A copy of a slice has its identity, its place and its pixels. Where anything else has the same
// identity, such as an empty one, both are kept.
OrRejection<std::vector<DicomHeader>> WithoutCopies(const Series& series) {
  std::map<Identity, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < series.size(); ++i) alike[IdentityOf(series[i])].push_back(i);
  std::set<std::size_t> copies;
  for (const auto& [identity, places] : alike) {
    if (places.size() == 1 || !series[places[0]].problem.code.empty()) continue;
    std::set<std::vector<float>> seen;
    for (const std::size_t place : places) {
      OrRejection<SliceValues> pixels = ReadDicomPixels(series[place].path);
      if (const auto* rejection = std::get_if<Rejection>(&pixels)) return *rejection;
      if (!seen.insert(std::get<SliceValues>(std::move(pixels)).values).second)
        copies.insert(place);
    }
  }
  Series result;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!copies.contains(i)) result.push_back(series[i]);
  }
  return result;
}

Rejection ProblemOf(const Series& series) {
  for (const DicomHeader& header : series) {
    if (!header.problem.code.empty()) return header.problem;
  }
  for (const DicomHeader& header : series) {
    if (!header.position || !header.orientation || !header.pixel_spacing) {
      return {"NO_GEOMETRY",
              "a slice has no valid position, orientation or pixel spacing: it cannot be placed"};
    }
  }
  return {};
}

std::vector<SliceGeometry> Geometry(const Series& series) {
  std::vector<SliceGeometry> slices;
  for (const DicomHeader& header : series) {
    slices.push_back({*header.position, *header.orientation, *header.pixel_spacing, header.rows,
                      header.columns});
  }
  return slices;
}

void Append(const SliceValues& slice, RawVolume& volume) {
  const std::size_t before = volume.voxels.size();
  volume.voxels.insert(volume.voxels.end(), slice.values.begin(), slice.values.end());
  if (slice.padding.empty() && volume.padding.empty()) return;
  volume.padding.resize(before);
  volume.padding.insert(volume.padding.end(), slice.padding.begin(), slice.padding.end());
  volume.padding.resize(volume.voxels.size());
}

// The folder, when it holds this series alone; else the series' first file.
std::string SourcePath(const std::vector<std::string>& files,
                       const std::map<std::string, std::set<std::string>>& series_in_folder) {
  const std::string folder = ParentPath(files.front());
  return series_in_folder.at(folder).size() == 1 ? folder : files.front();
}

}  // namespace

ScanResult DicomSeriesReader::Scan(const std::vector<std::string>& files) {
  ScanResult result;
  std::map<std::string, Series> by_uid;
  std::map<std::string, std::set<std::string>> series_in_folder;
  for (const std::string& file : files) {
    const auto read =
        Guarded([&]() -> OrRejection<std::optional<DicomHeader>> { return ReadDicomHeader(file); });
    if (const auto* rejection = std::get_if<Rejection>(&read)) {
      result.rejected.push_back({file, *rejection});
      continue;
    }
    std::optional<DicomHeader> header = std::get<0>(read);
    if (!header && IsCalledDicom(file)) {
      result.rejected.push_back(
          {file, {"NOT_DICOM", "it is called a DICOM file and is none; copy it again"}});
      continue;
    }
    if (!header) {
      result.left.push_back(file);
      continue;
    }
    // Without a series a file stands alone.
    const std::string uid = header->series_uid.empty() ? "file " + file : header->series_uid;
    series_in_folder[ParentPath(file)].insert(uid);
    by_uid[uid].push_back(*std::move(header));
  }
  for (auto& [uid, series] : by_uid) {
    VolumeSource source;
    for (const DicomHeader& header : series) source.files.push_back(header.path);
    source.path = SourcePath(source.files, series_in_folder);
    source.stem = FolderName(ParentPath(source.files.front()));
    series_[source.path] = series;
    result.sources.push_back(std::move(source));
  }
  return result;
}

OrRejection<RawVolume> DicomSeriesReader::Read(const VolumeSource& source) {
  const Series& all = series_.at(source.path);
  if (Rejection found = ProblemOf(all); !found.code.empty()) return found;
  OrRejection<Series> distinct = WithoutCopies(all);
  if (const auto* rejection = std::get_if<Rejection>(&distinct)) return *rejection;
  const Series& series = std::get<Series>(distinct);
  OrRejection<SliceStack> assembled = AssembleSlices(Geometry(series));
  if (const auto* rejection = std::get_if<Rejection>(&assembled)) return *rejection;
  const SliceStack& stack = std::get<SliceStack>(assembled);
  if (Rejection found = CheckGrid(stack.size, stack.to_ras); !found.code.empty()) return found;

  RawVolume volume;
  volume.size = stack.size;
  volume.to_ras = stack.to_ras;
  volume.modality = series.front().modality;
  volume.subject_key = "patient " + Sha256Hex(series.front().patient);
  if (series.size() < all.size()) {
    volume.warnings.push_back({"COPIES_LEFT_OUT", Concat(all.size() - series.size(),
                                                         " of its files are copies of others")});
  }
  bool contradicted = false;
  for (std::size_t slice : stack.order) {
    OrRejection<SliceValues> pixels = ReadDicomPixels(series[slice].path);
    if (const auto* rejection = std::get_if<Rejection>(&pixels)) return *rejection;
    Append(std::get<SliceValues>(pixels), volume);
    contradicted |= std::get<SliceValues>(pixels).contradicted;
  }
  if (contradicted) {
    volume.warnings.push_back({"HEADER_CONTRADICTS_PIXELS",
                               "its header has other bits or another sign than its pixels, which "
                               "were followed; look at it"});
  }
  const auto voxels = static_cast<std::size_t>(stack.size[0] * stack.size[1] * stack.size[2]);
  if (volume.voxels.size() != voxels) {
    return Rejection{"UNREADABLE", "its slices changed while they were read"};
  }
  if (stack.is_tilted) return Straighten(volume);
  return volume;
}

}  // namespace gvsl::data_loader
