// Series that hold several volumes at one place: echoes, time points, magnitude and phase. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gvsl::data_loader {

// What tells slices at one place apart, in the order in which it is asked.
enum class Mark {
  kComponent,  // of components alone the first is ever taken
  kEcho,       // time in ms
  kDiffusion,  // weight in s/mm^2
  kTemporalPosition,
  kTriggerTime,
  kAcquisitionNumber,
  kAcquisitionTime,
  kFile,  // of frames that share one: each file holds whole volumes
};
inline constexpr std::size_t kMarks = 8;
using Marks = std::array<std::optional<double>, kMarks>;

struct MarkedSlice {
  std::array<double, 3> position{};  // mm
  Marks marks;
};

// kComponent's value of a DICOM ImageType, or ComplexImageComponent: 0 magnitude, 1 phase, 2 real,
// 3 imaginary, 4 none of these, such as a map that was computed from others.
double ComponentOf(std::string_view image_type);

struct ChosenVolume {
  std::vector<std::size_t> slices;  // places in the input, in its order
  std::vector<Mark> by;             // what told it from others
};

// All slices where no two lie at one place (within `tolerance` mm); only every second, third, … of
// them where components, echoes, diffusion weights or points in time take turns. Else those of the
// least value of a mark, or of several one after the other, that lie at all places, one at each.
// Nothing where no marks make that.
std::optional<ChosenVolume> ChooseVolume(const std::vector<MarkedSlice>& slices, double tolerance);

}  // namespace gvsl::data_loader
