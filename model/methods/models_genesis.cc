// Models Genesis: Zhou et al., "Models Genesis" (Medical Image Analysis 2021), figure 2: a bent
// intensity curve with probability 0.9, local shuffling with probability 0.5, and with probability
// 0.9 either out-painting (of which 0.8) or in-painting; the squared error counts everywhere.
// Curves, boxes of shuffling and in-painting are those of GVSL (appearance.h), whose fundament this
// method is; their flips are the common spatial augmentation here.
#include <algorithm>
#include <array>

#include "model/augmentation.h"
#include "model/methods/restoration_method.h"

namespace gvsl::model {
namespace {

constexpr int kKeptBoxes = 5;

// Everything is noise but up to 5 boxes (each further one with probability 0.95) of three to four
// sevenths of each axis.
void PaintOutside(const MutableVolume& volume, Philox& draws) {
  const std::vector<float> before(volume.voxels.begin(), volume.voxels.end());
  std::ranges::generate(volume.voxels, [&] { return draws.NextFloat(); });
  for (int k = 0; k < kKeptBoxes && (k == 0 || draws.NextDouble() < 0.95); ++k) {
    std::array<std::int64_t, 3> begin{}, end{};
    for (int axis = 0; axis < 3; ++axis) {
      const auto n = static_cast<std::uint32_t>(volume.size[axis]);
      const std::uint32_t side = std::max(1u, n - (3 * n / 7 + draws.NextBelow(n / 7 + 1)));
      begin[axis] = draws.NextBelow(n - side + 1);
      end[axis] = begin[axis] + side;
    }
    for (std::int64_t z = begin[0]; z < end[0]; ++z) {
      for (std::int64_t y = begin[1]; y < end[1]; ++y) {
        const std::int64_t row = (z * volume.size[1] + y) * volume.size[2];
        std::copy(before.begin() + row + begin[2], before.begin() + row + end[2],
                  volume.voxels.begin() + row + begin[2]);
      }
    }
  }
}

void Deform(const MutableVolume& volume, Philox& draws) {
  if (draws.NextDouble() < 0.5) ShuffleLocally(volume, draws);
  if (draws.NextDouble() < 0.9) BendIntensities(volume, draws);
  if (draws.NextDouble() >= 0.9) return;
  if (draws.NextDouble() < 0.8) {
    PaintOutside(volume, draws);
  } else {
    PaintBoxes(volume, draws);
  }
}

DamagedVolume DeformAndWarp(const PairSample& sample, at::Device device) {
  const Philox draws = SampleDraws(sample.key, DrawPurpose::kDamage);
  const at::Tensor both =
      WarpTogether({sample.a, Damaged(sample.a, draws, Deform)}, sample.key, device);
  return {.clean = both.narrow(1, 0, 1).contiguous(),
          .damaged = both.narrow(1, 1, 1).contiguous(),
          .counted = {}};
}

}  // namespace

MethodPointer MakeModelsGenesis(const MethodOptions& options) {
  return std::make_unique<RestorationMethod>(options, DeformAndWarp);
}

}  // namespace gvsl::model
