#include "data_loader/dicom_series_reader.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "common/file_system.h"
#include "common/sha256.h"
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

// A copy of a slice has its identity and its place.
Series WithoutCopies(const Series& series) {
  std::set<std::pair<std::string, std::optional<std::array<double, 3>>>> seen;
  Series result;
  for (const DicomHeader& header : series) {
    if (seen.emplace(header.instance_uid, header.position).second) result.push_back(header);
  }
  return result;
}

OrRejection<std::vector<SliceGeometry>> Geometry(const Series& series) {
  std::vector<SliceGeometry> slices;
  for (const DicomHeader& header : series) {
    if (!header.problem.code.empty()) return header.problem;
    if (!header.position || !header.orientation || !header.pixel_spacing) {
      return Rejection{
          "NO_GEOMETRY",
          "a slice has no valid position, orientation or pixel spacing: it cannot be placed"};
    }
    slices.push_back({*header.position, *header.orientation, *header.pixel_spacing, header.rows,
                      header.columns});
  }
  return slices;
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
    series_[source.path] = WithoutCopies(series);
    result.sources.push_back(std::move(source));
  }
  return result;
}

OrRejection<RawVolume> DicomSeriesReader::Read(const VolumeSource& source) {
  const Series& series = series_.at(source.path);
  OrRejection<std::vector<SliceGeometry>> slices = Geometry(series);
  if (const auto* rejection = std::get_if<Rejection>(&slices)) return *rejection;
  OrRejection<SliceStack> assembled = AssembleSlices(std::get<0>(slices));
  if (const auto* rejection = std::get_if<Rejection>(&assembled)) return *rejection;
  const SliceStack& stack = std::get<SliceStack>(assembled);
  if (Rejection found = CheckGrid(stack.size, stack.to_ras); !found.code.empty()) return found;

  RawVolume volume;
  volume.size = stack.size;
  volume.to_ras = stack.to_ras;
  volume.modality = series.front().modality;
  volume.subject_key = "patient " + Sha256Hex(series.front().patient);
  const auto voxels = static_cast<std::size_t>(stack.size[0] * stack.size[1] * stack.size[2]);
  volume.voxels.reserve(voxels);
  for (std::size_t slice : stack.order) {
    OrRejection<std::vector<float>> pixels = ReadDicomPixels(series[slice].path);
    if (const auto* rejection = std::get_if<Rejection>(&pixels)) return *rejection;
    const auto& values = std::get<std::vector<float>>(pixels);
    volume.voxels.insert(volume.voxels.end(), values.begin(), values.end());
  }
  if (volume.voxels.size() != voxels) {
    return Rejection{"UNREADABLE", "its slices changed while they were read"};
  }
  return volume;
}

}  // namespace gvsl::data_loader
