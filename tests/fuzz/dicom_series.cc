// DICOM files of one folder, read as series.
#include <string>
#include <vector>

#include "data_loader/dicom_series_reader.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/scratch_folder.h"
#include "tests/fuzz/volume_demands.h"

namespace gvsl::fuzz {

int RunDicomSeries(Bytes bytes) {
  static const ScratchFolder folder;
  std::vector<std::string> files;
  for (const std::string_view part : PartsOf(bytes)) {
    const auto letter = static_cast<char>('a' + files.size());
    files.push_back(folder.Write(std::string(1, letter) + ".dcm", part));
  }
  data_loader::DicomSeriesReader reader;
  ReadAll(reader, files, folder.path());
  for (const std::string& file : files) folder.Remove(file);
  return 0;
}

}  // namespace gvsl::fuzz
