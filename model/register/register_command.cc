#include "model/register/register_command.h"

#include <iomanip>
#include <optional>
#include <sstream>

#include "common/text.h"
#include "data_loader/dataset.h"
#include "model/losses.h"
#include "model/metrics/overlap.h"
#include "model/metrics/warp_labels.h"
#include "model/register/aligner.h"
#include "model/register/montage.h"
#include "model/register/padded_volume.h"
#include "model/register/png_file.h"

namespace gvsl::model {
namespace {

std::span<const float> Span(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

double Ncc(const at::Tensor& image, const at::Tensor& other) {
  const auto batch = [](const at::Tensor& volume) { return volume.unsqueeze(0).unsqueeze(0); };
  return 1 - NccLoss(batch(image), batch(other)).item<double>();
}

void Measure(const PaddedVolume& fixed, const PaddedVolume& moving, const Alignment& alignment,
             RegisteredPair& pair) {
  pair.ncc_before = Ncc(moving.voxels, fixed.voxels);
  pair.ncc_after = Ncc(alignment.warped, fixed.voxels);
  if (!fixed.labels || !moving.labels) return;
  const auto sizes = fixed.voxels.sizes();
  const Labels warped =
      WarpLabels(*moving.labels, Span(alignment.field), {sizes[0], sizes[1], sizes[2]});
  pair.dsc_before = MeanDiceOfTrueLabels(*moving.labels, *fixed.labels).value_or(0);
  pair.dsc_after = MeanDiceOfTrueLabels(warped, *fixed.labels).value_or(0);
}

Status WritePicture(FileSystem& files, const std::string& directory, std::size_t number,
                    const PaddedVolume& fixed, const PaddedVolume& moving,
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
  GVSL_ASSIGN_OR_RETURN(const Aligner aligner,
                        Aligner::Load(files, options.weights, at::kCPU, options.geometry));
  GVSL_ASSIGN_OR_RETURN(const auto dataset, data_loader::Dataset::Open(files, options.dataset));
  GVSL_ASSIGN_OR_RETURN(std::vector<RegisteredPair> pairs,
                        DrawPairs(dataset->manifest(), options.pairs, options.seed));
  if (options.output) GVSL_RETURN_IF_ERROR(files.CreateDirectories(*options.output));
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    GVSL_ASSIGN_OR_RETURN(const PaddedVolume fixed, ReadPadded(*dataset, pairs[k].a));
    GVSL_ASSIGN_OR_RETURN(const PaddedVolume moving, ReadPadded(*dataset, pairs[k].b));
    GVSL_ASSIGN_OR_RETURN(const Alignment alignment, aligner.Align(fixed.voxels, moving.voxels));
    Measure(fixed, moving, alignment, pairs[k]);
    if (options.output) {
      GVSL_RETURN_IF_ERROR(WritePicture(files, *options.output, k, fixed, moving, alignment));
    }
  }
  return pairs;
}

}  // namespace gvsl::model
