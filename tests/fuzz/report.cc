// The report of an ingestion, and what its owner alone can read.
#include "data_loader/report.h"

#include "common/fault_file_system.h"
#include "data_loader/report_reader.h"
#include "tests/fuzz/parts.h"

namespace gvsl::fuzz {

int RunReport(Bytes bytes) {
  const auto report = data_loader::ParseReport(TextOf(bytes));
  if (report.ok()) {
    Demand(data_loader::ParseReport(data_loader::ToJson(*report)).ok(),
           "what was read cannot be written");
  }
  FaultFileSystem files;
  const bool written = files.CreateDirectories("/set").ok() &&
                       WriteFileDurably(files, "/set/sources.json", TextOf(bytes)).ok();
  Demand(written, "the file system in memory failed");
  (void)data_loader::ReadSources(files, "/set");
  return 0;
}

}  // namespace gvsl::fuzz
