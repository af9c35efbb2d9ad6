#include "model/infer/register_scans.h"

#include <algorithm>

#include "model/infer/displacement.h"
#include "model/infer/finite.h"
#include "model/register/aligner.h"

namespace gvsl::model {
namespace {

Geometry GeometryOf(const CheckpointManifest& manifest) {
  return manifest.numerics == "reference" ? Geometry::kReleased : Geometry::kCorrected;
}

}  // namespace

StatusOr<RegisteredScans> RegisterScans(FileSystem& files, const TrainedNetwork& trained,
                                        const Scan& fixed, const Scan& moving,
                                        const data_loader::PrepareOptions& options,
                                        at::Device device) {
  GVSL_ASSIGN_OR_RETURN(const Aligner aligner, Aligner::Load(files, trained.weights, device,
                                                             GeometryOf(trained.manifest)));
  GVSL_ASSIGN_OR_RETURN(const PreparedScan a, PrepareScan(fixed.path, fixed.volume, options));
  GVSL_ASSIGN_OR_RETURN(const PreparedScan b, PrepareScan(moving.path, moving.volume, options));
  PreparedField field{a.grid, b.grid.to_ras, {}};
  for (int axis = 0; axis < 3; ++axis) {
    field.fixed.size[axis] = std::max(a.grid.size[axis], b.grid.size[axis]);
  }
  GVSL_ASSIGN_OR_RETURN(
      const Alignment alignment,
      aligner.Align(PaddedTo(a.voxels, field.fixed.size), PaddedTo(b.voxels, field.fixed.size)));
  GVSL_RETURN_IF_ERROR(CheckFinite(trained, alignment.field));
  field.voxels = {alignment.field.const_data_ptr<float>(),
                  static_cast<std::size_t>(alignment.field.numel())};
  RegisteredScans result;
  result.displacement = DisplacementInMm(field, fixed.grid());
  result.warped.size = fixed.volume.size;
  result.warped.to_ras = fixed.volume.to_ras;
  result.warped.voxels =
      WarpedScan(moving.grid(), moving.volume.voxels, fixed.grid(), result.displacement);
  return result;
}

}  // namespace gvsl::model
