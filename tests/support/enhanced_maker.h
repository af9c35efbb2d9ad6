// Enhanced multi-frame DICOM objects: the slices of a volume, or of several, in one file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "deploy/demo/virtual_subjects/dicom_slice_writer.h"
#include "tests/support/dicom_encoder.h"

namespace gvsl::testing {

// What a frame says beside its slice.
struct EnhancedFrame {
  std::string stack;
  std::string component;  // such as "PHASE"
  std::optional<int> temporal_position;
  std::optional<double> b_value, echo_time;
};

struct EnhancedCoding {
  std::string syntax = syntax::kExplicit;
  bool is_geometry_shared = true;  // direction and pixel spacing are said once for all frames
  std::optional<double> slice_thickness;
  bool has_decoys = false;  // what is overruled: geometry and rescale of all and of the data set
  std::vector<EnhancedFrame> frames;  // as many as slices, or none
  int fragments_each = 1;             // of JPEG 2000
  bool has_offsets = true;            // of JPEG 2000: a table of them
  std::optional<int> frame_count;     // instead of the true one
};

// Of slices of one size; series, instance and patient are the first's. Throws where that cannot be.
void WriteEnhanced(const std::vector<demo::DicomSlice>& slices, const EnhancedCoding& coding,
                   const std::string& path);

}  // namespace gvsl::testing
