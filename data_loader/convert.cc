#include "data_loader/convert.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "common/file_system.h"
#include "common/text.h"
#include "data_loader/geometry.h"
#include "data_loader/input_files.h"
#include "data_loader/nifti_file.h"
#include "data_loader/volume_check.h"

namespace gvsl::data_loader {
namespace {

// Row by row from the other end: the same voxels at the same places in mm.
Affine OfFlippedRows(const RawVolume& volume) {
  Affine to_ras = volume.to_ras;
  const Vector3 step = Column(to_ras, 1);
  SetColumn(to_ras, 3,
            Add(Column(to_ras, 3), Scale(step, static_cast<double>(volume.size[1] - 1))));
  SetColumn(to_ras, 1, Scale(step, -1));
  return to_ras;
}

void FlipRows(RawVolume& volume) {
  const std::int64_t depth = volume.size[0], height = volume.size[1], width = volume.size[2];
  for (std::int64_t z = 0; z < depth; ++z) {
    for (std::int64_t low = 0, high = height - 1; low < high; ++low, --high) {
      const auto row = [&](std::int64_t y) {
        return volume.voxels.begin() + (z * height + y) * width;
      };
      std::swap_ranges(row(low), row(low) + width, row(high));
    }
  }
  volume.to_ras = OfFlippedRows(volume);
}

bool IsTurned(const RawVolume& volume) { return !volume.modality.empty(); }

Status CheckIsNoInput(const std::string& name, const std::vector<std::string>& inputs) {
  std::error_code error;
  if (!std::filesystem::exists(name, error)) return OkStatus();
  for (const std::string& input : inputs) {
    if (std::filesystem::equivalent(name, input, error)) {
      return AlreadyExistsError(name + " is one of the inputs; choose another name");
    }
  }
  return OkStatus();
}

}  // namespace

std::string NumberedName(const std::string& output, std::size_t number) {
  if (number == 1) return output;
  const std::string ending = IsGzipName(output) ? ".nii.gz" : ".nii";
  return Concat(output.substr(0, output.size() - ending.size()), "_", number, ending);
}

void TurnAsWritten(RawVolume& volume) {
  if (IsTurned(volume)) FlipRows(volume);
}

Status WriteRawVolume(const RawVolume& volume, const std::string& output) {
  if (!IsTurned(volume)) {
    return WriteNarrow(output, volume.size, volume.to_ras, volume.voxels, Rows::kAsTheyAre);
  }
  return WriteNarrow(output, volume.size, OfFlippedRows(volume), volume.voxels, Rows::kLastFirst);
}

StatusOr<std::vector<std::string>> Convert(const std::string& input, const std::string& output,
                                           const IngestObserver& observer) {
  if (NiftiStem(output).empty()) {
    return InvalidArgumentError(output + ": the output's name must end in .nii or .nii.gz");
  }
  GVSL_ASSIGN_OR_RETURN(const FileList list, ListFiles({input}));
  for (const auto& [path, reason] : list.unread) {
    observer(
        {IngestEvent::Kind::kRejected, path, {"UNREADABLE", "it cannot be opened: " + reason}});
  }
  std::vector<std::string> left = list.files;
  std::vector<std::string> written;
  for (const auto& reader : AllReaders()) {
    ScanResult scan = reader->Scan(left);
    left = std::move(scan.left);
    for (const RejectedSource& rejected : scan.rejected) {
      observer({IngestEvent::Kind::kRejected, rejected.path, rejected.rejection});
    }
    std::sort(scan.sources.begin(), scan.sources.end(),
              [](const VolumeSource& a, const VolumeSource& b) { return a.Name() < b.Name(); });
    for (const VolumeSource& source : scan.sources) {
      OrRejection<RawVolume> volume = ReadVolume(*reader, source);
      if (const auto* rejection = std::get_if<Rejection>(&volume)) {
        observer({IngestEvent::Kind::kRejected, source.Name(), *rejection});
        continue;
      }
      for (const Rejection& warning : std::get<RawVolume>(volume).warnings) {
        observer({IngestEvent::Kind::kWarning, source.Name(), warning});
      }
      const std::string name = NumberedName(output, written.size() + 1);
      GVSL_RETURN_IF_ERROR(CheckIsNoInput(name, list.files));
      GVSL_RETURN_IF_ERROR(WriteRawVolume(std::get<RawVolume>(volume), name));
      observer({IngestEvent::Kind::kAccepted, source.Name(), {"", name}});
      written.push_back(name);
    }
  }
  if (!left.empty()) {
    observer({IngestEvent::Kind::kWarning,
              input,
              {"IGNORED", Concat(left.size(), " files are neither NIfTI nor DICOM images")}});
  }
  return written;
}

}  // namespace gvsl::data_loader
