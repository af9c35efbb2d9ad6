#include "data_loader/ingest_inputs.h"

#include <algorithm>
#include <iterator>

#include "data_loader/dicom_series_reader.h"
#include "data_loader/input_files.h"
#include "data_loader/nifti_reader.h"

namespace gvsl::data_loader {
namespace {

// Each reader takes what is its own and leaves the rest to the next.
void Scan(std::vector<std::string> left, IngestInputs& inputs) {
  inputs.readers = AllReaders();
  for (const auto& reader : inputs.readers) {
    ScanResult scan = reader->Scan(left);
    for (VolumeSource& source : scan.sources) {
      ++inputs.stems[source.stem];
      inputs.sources.emplace_back(std::move(source), reader.get());
    }
    std::move(scan.rejected.begin(), scan.rejected.end(), std::back_inserter(inputs.rejected));
    left = std::move(scan.left);
  }
  inputs.ignored_files = left.size();
  std::sort(inputs.sources.begin(), inputs.sources.end(),
            [](const auto& a, const auto& b) { return a.first.path < b.first.path; });
}

}  // namespace

std::vector<std::unique_ptr<VolumeReader>> AllReaders() {
  std::vector<std::unique_ptr<VolumeReader>> readers;
  readers.push_back(std::make_unique<NiftiReader>());
  readers.push_back(std::make_unique<DicomSeriesReader>());
  return readers;
}

StatusOr<IngestInputs> FindInputs(FileSystem& files, const IngestOptions& options) {
  IngestInputs inputs;
  GVSL_ASSIGN_OR_RETURN(std::vector<std::string> images, ListFiles(options.inputs, options.labels));
  if (!options.labels.empty()) {
    GVSL_ASSIGN_OR_RETURN(const auto label_files, ListFiles({options.labels}, ""));
    inputs.labels = LabelIndex(label_files);
    std::erase_if(images, [&](const std::string& file) {
      return std::binary_search(label_files.begin(), label_files.end(), file);
    });
  }
  if (!options.classes.empty()) {
    GVSL_ASSIGN_OR_RETURN(inputs.classes, ReadClasses(files, options.classes));
  }
  Scan(std::move(images), inputs);
  return inputs;
}

}  // namespace gvsl::data_loader
