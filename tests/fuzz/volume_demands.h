// What every reader of volumes promises, whatever it was given.
#pragma once

#include <cmath>
#include <string>
#include <variant>

#include "data_loader/volume_check.h"
#include "data_loader/volume_limits.h"
#include "data_loader/volume_reader.h"
#include "tests/fuzz/fuzz_target.h"

namespace gvsl::fuzz {

inline void DemandReason(const data_loader::Rejection& rejection, const std::string& folder) {
  Demand(!rejection.code.empty() && !rejection.reason.empty(), "a refusal without code or reason");
  Demand(rejection.reason.find(folder) == std::string::npos, "a refusal names a path");
}

inline void DemandVolume(const data_loader::OrRejection<data_loader::RawVolume>& read,
                         const std::string& folder) {
  if (const auto* rejection = std::get_if<data_loader::Rejection>(&read)) {
    return DemandReason(*rejection, folder);
  }
  const auto& volume = std::get<data_loader::RawVolume>(read);
  std::int64_t voxels = 1;
  for (const std::int64_t length : volume.size) {
    Demand(length >= 1 && length <= data_loader::kLongestAxis, "an axis beyond the limits");
    voxels *= length;
  }
  Demand(voxels <= data_loader::kMostVoxels, "more voxels than the limits have");
  Demand(static_cast<std::int64_t>(volume.voxels.size()) == voxels, "not as many voxels as said");
  Demand(volume.padding.empty() || volume.padding.size() == volume.voxels.size(),
         "padding of another size");
  for (const auto& row : volume.to_ras) {
    for (const double value : row) Demand(std::isfinite(value), "a matrix that is not finite");
  }
}

// All volumes that a reader finds in the files, as ingestion would read them.
inline void ReadAll(data_loader::VolumeReader& reader, const std::vector<std::string>& files,
                    const std::string& folder) {
  const data_loader::ScanResult scan = reader.Scan(files);
  for (const auto& rejected : scan.rejected) DemandReason(rejected.rejection, folder);
  for (const auto& source : scan.sources) {
    DemandVolume(data_loader::ReadVolume(reader, source), folder);
  }
}

}  // namespace gvsl::fuzz
