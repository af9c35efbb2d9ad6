#include "model/register/register_command.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "common/text.h"
#include "data_loader/dataset.h"
#include "model/register/aligner.h"
#include "model/register/montage.h"
#include "model/register/overlap.h"
#include "model/register/png_file.h"

namespace gvsl::model {
namespace {

struct LabelledVolume {
  at::Tensor voxels;  // (D, H, W)
  Labels labels;
};

std::span<const float> Span(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

template <typename T>
void CopyPadded(std::span<const T> from, const VolumeSize& size, const VolumeSize& padded, T* to) {
  for (std::int64_t row = 0; row < size[0] * size[1]; ++row) {
    const std::int64_t z = row / size[1];
    const std::int64_t y = row % size[1];
    std::copy_n(from.data() + row * size[2], size[2], to + (z * padded[1] + y) * padded[2]);
  }
}

StatusOr<LabelledVolume> Read(data_loader::Dataset& dataset, std::uint32_t index) {
  GVSL_ASSIGN_OR_RETURN(const data_loader::VolumeView view, dataset.Volume(index));
  if (!view.labels) return DataLossError(Concat("volume ", index, " has lost its labels"));
  const VolumeSize padded = dataset.manifest().LargestSize();
  LabelledVolume volume{at::zeros(padded, at::kFloat), Labels(padded[0] * padded[1] * padded[2])};
  CopyPadded(view.voxels, view.size, padded, volume.voxels.data_ptr<float>());
  CopyPadded(*view.labels, view.size, padded, volume.labels.data());
  return volume;
}

Status WritePicture(FileSystem& files, const std::string& directory, std::size_t number,
                    const LabelledVolume& fixed, const LabelledVolume& moving,
                    const Alignment& alignment) {
  std::ostringstream name;
  name << "pair-" << std::setw(3) << std::setfill('0') << number << ".png";
  const auto sizes = fixed.voxels.sizes();
  const GrayImage picture = MakeMontage({{sizes[0], sizes[1], sizes[2]},
                                         Span(fixed.voxels),
                                         Span(moving.voxels),
                                         Span(alignment.warped),
                                         Span(alignment.field)});
  return WritePng(files, JoinPath(directory, name.str()), picture);
}

}  // namespace

StatusOr<std::vector<RegisteredPair>> RegisterPairs(FileSystem& files,
                                                    const RegisterOptions& options) {
  GVSL_ASSIGN_OR_RETURN(const Aligner aligner, Aligner::Load(files, options.weights));
  GVSL_ASSIGN_OR_RETURN(const auto dataset, data_loader::Dataset::Open(files, options.dataset));
  GVSL_ASSIGN_OR_RETURN(std::vector<RegisteredPair> pairs,
                        DrawPairs(dataset->manifest(), options.pairs, options.seed));
  if (options.output) GVSL_RETURN_IF_ERROR(files.CreateDirectories(*options.output));
  const VolumeSize size = dataset->manifest().LargestSize();
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    GVSL_ASSIGN_OR_RETURN(const LabelledVolume fixed, Read(*dataset, pairs[k].a));
    GVSL_ASSIGN_OR_RETURN(const LabelledVolume moving, Read(*dataset, pairs[k].b));
    GVSL_ASSIGN_OR_RETURN(const Alignment alignment, aligner.Align(fixed.voxels, moving.voxels));
    const Labels warped = WarpLabels(moving.labels, Span(alignment.field), size);
    pairs[k].dsc_before = MeanDsc(fixed.labels, moving.labels);
    pairs[k].dsc_after = MeanDsc(fixed.labels, warped);
    if (options.output) {
      GVSL_RETURN_IF_ERROR(WritePicture(files, *options.output, k, fixed, moving, alignment));
    }
  }
  return pairs;
}

}  // namespace gvsl::model
