#include "data_loader/dicom_series_reader.h"

#include <filesystem>
#include <set>
#include <utility>

#include "common/file_system.h"
#include "data_loader/dicom_stacks.h"
#include "data_loader/dicom_volume.h"
#include "data_loader/volume_check.h"

namespace gvsl::data_loader {
namespace {

std::string FolderName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

bool IsCalledDicom(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  for (char& letter : extension) letter = static_cast<char>(letter | 0x20);
  return extension == ".dcm" || extension == ".ima";
}

// The folder, when it holds this series alone; else the series' first file.
std::string SourcePath(const std::vector<std::string>& files,
                       const std::map<std::string, std::set<std::string>>& series_in_folder) {
  const std::string folder = ParentPath(files.front());
  return series_in_folder.at(folder).size() == 1 ? folder : files.front();
}

std::vector<std::string> PathsOf(const Series& series) {
  std::vector<std::string> paths;
  for (const DicomHeader& header : series) paths.push_back(header.path);
  return paths;
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
  for (const auto& [uid, series] : by_uid) {
    const std::string path = SourcePath(PathsOf(series), series_in_folder);
    const std::string stem = FolderName(ParentPath(series.front().path));
    std::vector<Series> stacks = SplitIntoStacks(series);
    for (std::size_t i = 0; i < stacks.size(); ++i) {
      VolumeSource source{path, PathsOf(stacks[i]), stem, ""};
      if (stacks.size() > 1) source.part = std::to_string(i + 1);
      series_[source.Name()] = std::move(stacks[i]);
      result.sources.push_back(std::move(source));
    }
  }
  return result;
}

OrRejection<RawVolume> DicomSeriesReader::Read(const VolumeSource& source) {
  OrRejection<RawVolume> read = ReadDicomVolume(series_.at(source.Name()));
  if (auto* volume = std::get_if<RawVolume>(&read); volume != nullptr && !source.part.empty()) {
    volume->warnings.push_back(
        {"SERIES_SPLIT",
         "its series holds several stacks of slices, each of which was taken by itself"});
  }
  return read;
}

}  // namespace gvsl::data_loader
