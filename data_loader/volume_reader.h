// The seam between file formats and everything else: a reader finds its volumes among files and
// reads them one at a time. Nothing of a header but what stands in RawVolume comes through here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gvsl::data_loader {

// Rows of the 3x4 matrix from voxel (x, y, z) to RAS mm.
using Affine = std::array<std::array<double, 4>, 3>;

// Why a volume is not taken: a code in CAPITALS that stays the same, and a sentence for people, in
// which no path and nothing about the patient stands.
struct Rejection {
  std::string code;
  std::string reason;
  // The file that is at fault, where a volume is made of several: for the terminal alone, since
  // names of files may name people.
  std::string file;
};

template <typename T>
using OrRejection = std::variant<T, Rejection>;

// A volume as its file has it, in any orientation, values scaled as the file says.
struct RawVolume {
  std::array<std::int64_t, 3> size{};  // z, y, x; x fastest in memory
  Affine to_ras{};
  std::vector<float> voxels;
  // Where `voxels` has a number that its file says stands for no tissue; empty where nowhere.
  std::vector<bool> padding;
  std::string modality;  // CT, MR, ...; empty where the format has none
  // Equal for volumes of one subject; empty where the header names none. Never written.
  std::string subject_key;
  std::vector<Rejection> warnings;
  bool is_finite = false;  // every voxel, as it was made: nobody needs to look

  // The same but for voxels and padding, which are to be others.
  RawVolume WithoutVoxels() const {
    return {size, to_ras, {}, {}, modality, subject_key, warnings, false};
  }
};

struct VolumeSource {
  std::string path;                // of the file, or the folder of a series; for the terminal
  std::vector<std::string> files;  // sorted; but a header goes before its image
  std::string stem;                // by which labels and classes are found
  std::string part;                // which of several volumes there; empty where it is the only one

  // Of this source alone: no path has two slashes.
  std::string Name() const { return part.empty() ? path : path + "//" + part; }
};

// About how much a volume is, by its headers; 0 where they do not tell.
struct VolumeExtent {
  std::uint64_t voxels = 0;  // as the file has it
  double cubic_mm = 0;
};

struct RejectedSource {
  std::string path;
  Rejection rejection;
};

struct ScanResult {
  std::vector<VolumeSource> sources;
  std::vector<RejectedSource> rejected;  // the reader's format, but no volume
  std::vector<std::string> left;         // not the reader's
};

// Of a scan that opens every file, which may take an hour of a slow disk. Both may be empty.
struct ScanWatch {
  // So many of so many files are looked through; by any thread, one at a time.
  std::function<void(std::size_t done, std::size_t total)> progress;
  std::function<bool()> stop;  // once true, no file is opened any more: what was found is not all
};

// Never throws, never stops at a bad file. After Scan everything else may be called by several
// threads at once.
class VolumeReader {
 public:
  virtual ~VolumeReader() = default;
  // `files` is sorted; every one of them is in exactly one part of the result.
  virtual ScanResult Scan(const std::vector<std::string>& files) = 0;
  // Of one of Scan's sources, without reading its voxels.
  virtual VolumeExtent Extent(const VolumeSource& source) = 0;
  // One of Scan's sources.
  virtual OrRejection<RawVolume> Read(const VolumeSource& source) = 0;
};

}  // namespace gvsl::data_loader
