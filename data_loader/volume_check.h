// Whatever the bytes of a file: a volume that makes sense, or the reason why not.
#pragma once

#include <array>
#include <cstdint>
#include <new>
#include <stdexcept>

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// Libraries throw, and files make them. What `work` throws becomes a Rejection: OUT_OF_MEMORY, else
// UNREADABLE, never with the exception's own words, which may name a path.
template <typename Work>
auto Guarded(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Rejection{"OUT_OF_MEMORY", "it does not fit into this machine's memory"};
  } catch (const std::length_error&) {
    return Rejection{"OUT_OF_MEMORY", "it does not fit into this machine's memory"};
  } catch (...) {
    return Rejection{"UNREADABLE", "a library failed while it was read; convert it anew"};
  }
}

// Empty code when a grid (z, y, x and its matrix) lies within volume_limits.h. TOO_LARGE,
// INVALID_GEOMETRY. Ask before taking memory.
Rejection CheckGrid(const std::array<std::int64_t, 3>& size, const Affine& to_ras);

// NON_FINITE when a voxel is no finite number.
Rejection CheckVoxels(const std::vector<float>& voxels);

// Reads one volume, guarded and checked.
OrRejection<RawVolume> ReadVolume(VolumeReader& reader, const VolumeSource& source);

}  // namespace gvsl::data_loader
