#include "data_loader/dicom_series_reader.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <set>
#include <utility>

#include "common/file_system.h"
#include "common/text.h"
#include "data_loader/bounded_workers.h"
#include "data_loader/dicom_stacks.h"
#include "data_loader/dicom_volume.h"
#include "data_loader/geometry.h"
#include "data_loader/volume_check.h"
#include "data_loader/volume_limits.h"

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

// Of as many digits as the last one has, so that they sort.
std::string PartName(std::size_t number, std::size_t count) {
  const std::string digits = std::to_string(number);
  return std::string(std::to_string(count).size() - digits.size(), '0') + digits;
}

RejectedSource RejectRest(const Series& rest) {
  std::size_t slices = 0;
  for (const DicomHeader& header : rest) slices += header.frames.size();
  return {rest.front().path,
          {"TOO_FEW_SLICES",
           Concat(slices,
                  " slices of its series have another direction, size, spacing or frame of "
                  "reference than the others, and are too few for a volume")}};
}

// mm along the slices, by the farthest of them from the first.
double DepthOf(const Series& series, std::size_t frames) {
  const auto& first = series.front().frames.front().position;
  double farthest = 0;
  for (const DicomHeader& header : series) {
    for (const DicomFrame& frame : header.frames) {
      if (!first || !frame.position) continue;
      farthest = std::max(farthest, Length(Subtract(*frame.position, *first)));
    }
  }
  return frames < 2 ? 0 : farthest * static_cast<double>(frames) / static_cast<double>(frames - 1);
}

// Of several volumes one is taken, which has one slice at every place; a mosaic is one volume.
std::size_t FramesOfOneVolume(const Series& series) {
  if (series.front().mosaic) return 1;
  std::set<std::array<double, 3>> places;
  std::size_t frames = 0;
  for (const DicomHeader& header : series) {
    frames += header.frames.size();
    for (const DicomFrame& frame : header.frames) {
      if (frame.position) places.insert(*frame.position);
    }
  }
  return places.empty() ? frames : places.size();
}

VolumeExtent ExtentOf(const Series& series) {
  const DicomHeader& first = series.front();
  const std::size_t frames = FramesOfOneVolume(series);
  const double pixels = static_cast<double>(first.rows) * static_cast<double>(first.columns);
  VolumeExtent extent;
  extent.voxels = static_cast<std::uint64_t>(
      std::clamp(pixels * static_cast<double>(frames), 0.0, static_cast<double>(kMostVoxels)));
  if (first.frames.empty() || !first.frames.front().pixel_spacing || first.mosaic) return extent;
  const auto& [rows_apart, columns_apart] = *first.frames.front().pixel_spacing;
  extent.cubic_mm = pixels * rows_apart * columns_apart * DepthOf(series, frames);
  return extent;
}

using ReadHeader = OrRejection<std::optional<DicomHeader>>;

std::vector<ReadHeader> ReadHeaders(const std::vector<std::string>& files, unsigned threads,
                                    const ScanWatch& watch) {
  std::vector<ReadHeader> headers(files.size());
  const std::vector<std::uint64_t> needs(files.size(), 0);
  std::mutex mutex;
  std::size_t done = 0;
  (void)RunBounded(needs, {threads, 0}, watch.stop, [&](std::size_t i) {
    headers[i] = Guarded([&]() -> ReadHeader { return ReadDicomHeader(files[i]); });
    const std::lock_guard lock(mutex);
    if (watch.progress) watch.progress(++done, files.size());
    return OkStatus();
  });
  return headers;
}

}  // namespace

ScanResult DicomSeriesReader::Scan(const std::vector<std::string>& files) {
  ScanResult result;
  std::map<std::string, Series> by_uid;
  std::map<std::string, std::set<std::string>> series_in_folder;
  std::vector<ReadHeader> headers = ReadHeaders(files, threads_, watch_);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string& file = files[i];
    ReadHeader& read = headers[i];
    if (const auto* rejection = std::get_if<Rejection>(&read)) {
      result.rejected.push_back({file, *rejection});
      continue;
    }
    std::optional<DicomHeader> header = std::get<0>(std::move(read));
    if (!header && IsCalledDicom(file)) {
      result.rejected.push_back(
          {file, {"NOT_DICOM", "it is called a DICOM file and is none; copy it again"}});
      continue;
    }
    if (header && header->problem.code == "DICOMDIR") {
      result.rejected.push_back({file, header->problem});
      continue;
    }
    if (!header) {
      result.left.push_back(file);
      continue;
    }
    // Without a series a file stands alone. A UID that was not unique joins no two patients.
    const std::string uid =
        header->series_uid.empty() ? "file " + file : header->series_uid + " " + header->patient;
    series_in_folder[ParentPath(file)].insert(uid);
    by_uid[uid].push_back(*std::move(header));
  }
  for (auto& [uid, series] : by_uid) {
    const std::string path = SourcePath(PathsOf(series), series_in_folder);
    const std::string stem = FolderName(ParentPath(series.front().path));
    SeriesStacks split = SplitIntoStacks(std::move(series));
    for (std::size_t i = 0; i < split.stacks.size(); ++i) {
      VolumeSource source{path, PathsOf(split.stacks[i]), stem, ""};
      if (split.stacks.size() > 1) source.part = PartName(i + 1, split.stacks.size());
      series_[{source.path, source.part}] = std::move(split.stacks[i]);
      result.sources.push_back(std::move(source));
    }
    if (!split.rest.empty()) result.rejected.push_back(RejectRest(split.rest));
  }
  return result;
}

VolumeExtent DicomSeriesReader::Extent(const VolumeSource& source) {
  return ExtentOf(series_.at({source.path, source.part}));
}

OrRejection<RawVolume> DicomSeriesReader::Read(const VolumeSource& source) {
  OrRejection<RawVolume> read = ReadDicomVolume(series_.at({source.path, source.part}));
  if (auto* volume = std::get_if<RawVolume>(&read); volume != nullptr && !source.part.empty()) {
    volume->warnings.push_back(
        {"SERIES_SPLIT",
         "its series holds several stacks of slices, each of which was taken by itself"});
  }
  return read;
}

}  // namespace gvsl::data_loader
