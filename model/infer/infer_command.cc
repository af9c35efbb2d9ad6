#include "model/infer/infer_command.h"

#include <c10/core/DeviceGuard.h>

#include <exception>
#include <new>

#include "data_loader/convert.h"
#include "data_loader/nifti_file.h"
#include "model/device.h"
#include "model/infer/classify_scan.h"
#include "model/infer/infer_checks.h"
#include "model/infer/register_scans.h"
#include "model/infer/segment_scan.h"

namespace gvsl::model {
namespace {

Status Segment(FileSystem& files, const TrainedNetwork& trained, const InferOptions& options,
               const data_loader::PrepareOptions& preparation, Scan scan, at::Device device,
               InferReport& report) {
  const data_loader::VoxelGrid grid = scan.grid();
  GVSL_ASSIGN_OR_RETURN(const PreparedScan prepared,
                        PrepareScan(scan.path, std::move(scan.volume), preparation));
  GVSL_RETURN_IF_ERROR(CheckLongEnough(scan.path, prepared));
  GVSL_ASSIGN_OR_RETURN(const at::Tensor probabilities,
                        ClassProbabilities(files, trained, prepared, device));
  const std::vector<double> labels = LikeliestClasses(probabilities, prepared.grid, grid);
  report.voxels.assign(trained.manifest.classes, 0);
  for (const double label : labels) ++report.voxels[static_cast<std::size_t>(label)];
  report.voxel_millilitres = data_loader::VoxelVolume(grid.to_ras) / 1000;
  return data_loader::WriteNifti(*options.output, grid.size, grid.to_ras, labels,
                                 data_loader::NiftiType::kInt16);
}

Status Classify(FileSystem& files, const TrainedNetwork& trained,
                const data_loader::PrepareOptions& preparation, Scan scan, at::Device device,
                InferReport& report) {
  GVSL_ASSIGN_OR_RETURN(const PreparedScan prepared,
                        PrepareScan(scan.path, std::move(scan.volume), preparation));
  GVSL_RETURN_IF_ERROR(CheckLongEnough(scan.path, prepared));
  GVSL_ASSIGN_OR_RETURN(report.probability, ClassProbability(files, trained, prepared, device));
  return OkStatus();
}

Status Register(FileSystem& files, const TrainedNetwork& trained, const InferOptions& options,
                const data_loader::PrepareOptions& preparation, const Scan& moving,
                at::Device device, InferReport& report) {
  GVSL_ASSIGN_OR_RETURN(const Scan fixed, ReadScan(*options.fixed));
  report.warnings.insert(report.warnings.end(), fixed.warnings.begin(), fixed.warnings.end());
  GVSL_RETURN_IF_ERROR(CheckAllWritten(options, fixed));
  GVSL_ASSIGN_OR_RETURN(RegisteredScans registered,
                        RegisterScans(files, trained, fixed, moving, preparation, device));
  report.alignment = LengthsOf(registered.displacement);
  GVSL_RETURN_IF_ERROR(data_loader::WriteRawVolume(registered.warped, *options.output));
  if (!options.field) return OkStatus();
  MirrorXAndY(registered.displacement);
  return data_loader::WriteVectorField(*options.field, fixed.volume.size, fixed.volume.to_ras,
                                       registered.displacement);
}

StatusOr<InferReport> InferUnguarded(FileSystem& files, const InferOptions& options) {
  GVSL_ASSIGN_OR_RETURN(const at::Device device, FindDevice(options.device));
  const c10::DeviceGuard guard(device);
  GVSL_ASSIGN_OR_RETURN(const TrainedNetwork trained,
                        OpenTrainedNetwork(files, options.checkpoint));
  GVSL_ASSIGN_OR_RETURN(const Work work, WorkOf(trained.manifest, options));
  GVSL_RETURN_IF_ERROR(CheckOptions(work, options));
  GVSL_ASSIGN_OR_RETURN(const auto preparation, Preparation(trained.manifest, options));
  GVSL_ASSIGN_OR_RETURN(Scan scan, ReadScan(options.input));
  GVSL_RETURN_IF_ERROR(CheckAllWritten(options, scan));
  InferReport report{.output = options.output, .field = options.field};
  report.warnings = trained.warnings;
  report.warnings.insert(report.warnings.end(), scan.warnings.begin(), scan.warnings.end());
  Status done;
  if (work == Work::kSegment) {
    done = Segment(files, trained, options, preparation, std::move(scan), device, report);
  } else if (work == Work::kClassify) {
    done = Classify(files, trained, preparation, std::move(scan), device, report);
  } else {
    done = Register(files, trained, options, preparation, scan, device, report);
  }
  if (!done.ok()) return done;
  return report;
}

}  // namespace

StatusOr<InferReport> Infer(FileSystem& files, const InferOptions& options) {
  try {
    return InferUnguarded(files, options);
  } catch (const std::bad_alloc&) {
    return ResourceExhaustedError("the memory does not suffice; a coarser --spacing needs less");
  } catch (const std::exception& error) {
    return InternalError(error.what());
  }
}

}  // namespace gvsl::model
