#include "data_loader/ingest_inputs.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "data_loader/dicom_series_reader.h"
#include "data_loader/input_files.h"
#include "data_loader/lone_image_reader.h"
#include "data_loader/nifti_reader.h"
#include "data_loader/pairing.h"
#include "data_loader/source_name.h"

namespace gvsl::data_loader {
namespace {

// Each reader takes what is its own and leaves the rest to the next.
Status Scan(std::vector<std::string> left, const IngestOptions& options, IngestInputs& inputs) {
  const auto looked_through = [&options](std::size_t done, std::size_t total) {
    if (options.progress) options.progress({IngestProgress::Stage::kFiles, done, total, 0, 0, 0});
  };
  looked_through(0, left.size());
  inputs.readers = AllReaders(options.bounds.threads, {looked_through, options.stop});
  for (const auto& reader : inputs.readers) {
    ScanResult scan = reader->Scan(left);
    for (VolumeSource& source : scan.sources) {
      PlannedVolume volume;
      volume.source = std::move(source);
      volume.reader = reader.get();
      inputs.volumes.push_back(std::move(volume));
    }
    std::move(scan.rejected.begin(), scan.rejected.end(), std::back_inserter(inputs.rejected));
    left = std::move(scan.left);
    if (options.stop && options.stop()) return CancelledError("stopped");
  }
  inputs.ignored_files = left.size();
  std::sort(inputs.volumes.begin(), inputs.volumes.end(),
            [](const auto& a, const auto& b) { return a.source.Name() < b.source.Name(); });
  return OkStatus();
}

void RejectUnread(const FileList& list, IngestInputs& inputs) {
  for (const auto& [path, reason] : list.unread) {
    inputs.rejected.push_back({path, {"UNREADABLE", "it cannot be opened: " + reason}});
  }
  inputs.links.insert(inputs.links.end(), list.links.begin(), list.links.end());
}

void AddLabels(const FileList& list, const std::vector<SourceName>& images, IngestInputs& inputs) {
  std::vector<std::string> maps;
  std::vector<SourceName> names;
  for (const VolumeSource& source : NiftiReader().Scan(list.files).sources) {
    maps.push_back(source.path);
    names.push_back(NameOf(source, list.roots));
  }
  const LabelPairs pairs = PairLabels(images, names);
  for (std::size_t i = 0; i < inputs.volumes.size(); ++i) {
    if (const auto* rejection = std::get_if<Rejection>(&pairs.of_image[i])) {
      inputs.volumes[i].label = *rejection;
    } else if (const auto& position = std::get<0>(pairs.of_image[i])) {
      inputs.volumes[i].label = maps[*position];
    }
  }
  for (const auto& [position, rejection] : pairs.unused) {
    inputs.rejected.push_back({maps[position], rejection});
  }
}

void AddClasses(const std::map<std::string, std::int32_t>& classes,
                const std::vector<SourceName>& images, IngestInputs& inputs) {
  std::set<std::string> named;
  for (const SourceName& image : images) {
    named.insert({image.stem, image.relative, image.root + "/" + image.relative});
  }
  const auto paired = PairClasses(images, classes);
  for (std::size_t i = 0; i < inputs.volumes.size(); ++i) {
    inputs.volumes[i].class_index = paired[i];
  }
  inputs.classes_without_image =
      static_cast<std::size_t>(std::count_if(classes.begin(), classes.end(), [&](const auto& line) {
        return !named.contains(line.first);
      }));
}

std::vector<SourceName> NameVolumes(const FileList& list, IngestInputs& inputs) {
  std::vector<SourceName> names;
  std::map<std::string, int> stems;
  for (PlannedVolume& volume : inputs.volumes) {
    names.push_back(NameOf(volume.source, list.roots));
    ++stems[volume.source.stem];
    const std::string& file = volume.source.files.front();
    volume.subject_key = SubjectByName(file, RootOf(file, list.roots));
  }
  for (PlannedVolume& volume : inputs.volumes) volume.with_its_stem = stems[volume.source.stem];
  return names;
}

}  // namespace

std::vector<std::unique_ptr<VolumeReader>> AllReaders(unsigned threads, ScanWatch watch) {
  std::vector<std::unique_ptr<VolumeReader>> readers;
  readers.push_back(std::make_unique<NiftiReader>());
  readers.push_back(std::make_unique<DicomSeriesReader>(threads, std::move(watch)));
  readers.push_back(std::make_unique<LoneImageReader>());
  return readers;
}

StatusOr<IngestInputs> FindInputs(FileSystem& files, const IngestOptions& options,
                                  const std::string& work_folder) {
  IngestInputs inputs;
  std::vector<std::string> excluded = {work_folder};
  if (!options.labels.empty()) excluded.push_back(options.labels);
  GVSL_ASSIGN_OR_RETURN(FileList images, ListFiles(options.inputs, excluded));
  FileList labels;
  if (!options.labels.empty()) {
    GVSL_ASSIGN_OR_RETURN(labels, ListFiles({options.labels}, {work_folder}));
    std::erase_if(images.files, [&](const std::string& file) {
      return std::binary_search(labels.files.begin(), labels.files.end(), file);
    });
  }
  std::map<std::string, std::int32_t> classes;
  if (!options.classes.empty()) {
    GVSL_ASSIGN_OR_RETURN(classes, ReadClasses(files, options.classes));
  }
  RejectUnread(images, inputs);
  RejectUnread(labels, inputs);
  GVSL_RETURN_IF_ERROR(Scan(images.files, options, inputs));
  const std::vector<SourceName> names = NameVolumes(images, inputs);
  if (!options.labels.empty()) AddLabels(labels, names, inputs);
  AddClasses(classes, names, inputs);
  return inputs;
}

}  // namespace gvsl::data_loader
