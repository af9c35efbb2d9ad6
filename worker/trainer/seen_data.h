// What a job sees of its dataset, as plain values.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace gvsl::trainer {

struct SeenData {
  std::int64_t volumes = 0;             // to train on
  std::int32_t classes = 0;             // of a downstream task, background included
  bool tested = false;                  // there is a test part
  std::array<std::int64_t, 3> patch{};  // voxels z, y, x
  // As in a checkpoint's manifest (common/checkpoint_manifest.h).
  std::string window;
  std::array<double, 3> spacing{};
};

}  // namespace gvsl::trainer
