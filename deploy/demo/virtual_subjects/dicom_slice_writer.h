// Single-frame DICOM files, for the demo's DICOM subject and for tests: one MR or CT slice each.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/status.h"

namespace gvsl::demo {

struct DicomSlice {
  std::string modality = "MR";
  std::string patient_id;
  std::string study;  // studies of one text are one; empty: the patient's only one
  std::string series_uid;
  std::string instance_uid;
  int instance_number = 1;
  std::array<double, 3> position{};       // LPS mm
  std::array<double, 6> orientation{};    // along a row, along a column
  std::array<double, 2> pixel_spacing{};  // between rows, between columns
  std::uint16_t rows = 0;
  std::uint16_t columns = 0;
  std::vector<std::int16_t> pixels;
  double slope = 1;
  double intercept = 0;
  bool big_endian = false;
};

// One slice a file. Overwrites.
Status WriteDicomSlice(const DicomSlice& slice, const std::string& path);

// As DICOM writes numbers: 16 characters at most.
std::string Decimal(double value);
std::string Decimals(std::span<const double> values);

// "2.25.…", the same for the same text.
std::string UidOf(const std::string& text);

// The slices of a volume (z, y, x; its matrix to RAS mm) with identities made from `name`. The
// matrix needs orthogonal axes.
std::vector<DicomSlice> SlicesOf(const std::array<std::int64_t, 3>& size,
                                 const std::array<std::array<double, 4>, 3>& to_ras,
                                 const std::vector<std::int16_t>& values, const std::string& name);

}  // namespace gvsl::demo
