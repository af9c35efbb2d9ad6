#include "model/infer/scan.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <utility>

#include "common/text.h"
#include "data_loader/convert.h"
#include "data_loader/ingest.h"
#include "data_loader/input_files.h"
#include "data_loader/volume_check.h"

namespace gvsl::model {
namespace {

using data_loader::RawVolume;
using data_loader::Rejection;

constexpr std::int64_t kShortestAxis = 16;  // voxels; one of the bottleneck

std::string Sentence(const std::string& path, const Rejection& rejection) {
  return Concat(path, ": ", rejection.code, ": ", rejection.reason);
}

struct Found {
  std::vector<std::unique_ptr<data_loader::VolumeReader>> readers = data_loader::AllReaders();
  std::vector<std::pair<data_loader::VolumeReader*, data_loader::VolumeSource>> sources;
  std::vector<std::string> rejected;
};

Found FindSources(std::vector<std::string> files) {
  Found found;
  for (const auto& reader : found.readers) {
    data_loader::ScanResult scan = reader->Scan(files);
    files = std::move(scan.left);
    for (auto& source : scan.sources) found.sources.emplace_back(reader.get(), std::move(source));
    for (const auto& [path, rejection] : scan.rejected) {
      found.rejected.push_back(Sentence(path, rejection));
    }
  }
  return found;
}

Status CheckIsOne(const std::string& path, const Found& found) {
  if (found.sources.size() == 1) return OkStatus();
  if (found.sources.size() > 1) {
    return InvalidArgumentError(Concat(path, " holds ", found.sources.size(),
                                       " scans; give one, a file or the folder of one series"));
  }
  if (!found.rejected.empty()) return InvalidArgumentError(found.rejected.front());
  return InvalidArgumentError(path + " holds neither a NIfTI file nor a DICOM series");
}

}  // namespace

StatusOr<Scan> ReadScan(const std::string& path) {
  GVSL_ASSIGN_OR_RETURN(const data_loader::FileList list, data_loader::ListFiles({path}));
  if (!list.unread.empty()) {
    const auto& [file, reason] = *list.unread.begin();
    return InvalidArgumentError(Concat(file, ": it cannot be opened: ", reason));
  }
  Found found = FindSources(list.files);
  GVSL_RETURN_IF_ERROR(CheckIsOne(path, found));
  const auto& [reader, source] = found.sources.front();
  auto read = data_loader::ReadVolume(*reader, source);
  if (const auto* rejection = std::get_if<Rejection>(&read)) {
    return InvalidArgumentError(Sentence(path, *rejection));
  }
  Scan scan{path, list.files, std::get<RawVolume>(std::move(read)), std::move(found.rejected)};
  for (const Rejection& warning : scan.volume.warnings) {
    scan.warnings.push_back(Sentence(path, warning));
  }
  data_loader::TurnAsWritten(scan.volume);
  return scan;
}

StatusOr<PreparedScan> PrepareScan(const std::string& path, RawVolume volume,
                                   const data_loader::PrepareOptions& options) {
  auto prepared = data_loader::PrepareVolume(std::move(volume), options);
  if (const auto* rejection = std::get_if<Rejection>(&prepared)) {
    return InvalidArgumentError(Sentence(path, *rejection));
  }
  auto& made = std::get<data_loader::NewVolume>(prepared);
  return PreparedScan{at::from_blob(made.voxels.data(), made.grid.size, at::kFloat).clone(),
                      {made.grid.size, made.grid.to_ras}};
}

at::Tensor PaddedTo(const at::Tensor& volume, const std::array<std::int64_t, 3>& size) {
  const auto missing = [&](int axis) {
    return std::max<std::int64_t>(0, size[axis] - volume.size(axis));
  };
  return at::constant_pad_nd(volume, {0, missing(2), 0, missing(1), 0, missing(0)}, 0);
}

Status CheckLongEnough(const std::string& path, const PreparedScan& scan) {
  for (int axis = 0; axis < 3; ++axis) {
    if (scan.grid.size[axis] >= kShortestAxis) continue;
    return InvalidArgumentError(
        Concat(path, ": at the network's spacing it has ", scan.grid.size[axis], " voxels along ",
               "zyx"[axis], "; at least ", kShortestAxis, " are needed (--spacing says which)"));
  }
  return OkStatus();
}

}  // namespace gvsl::model
