// The headers of DICOM files by DCMTK: what series are made of, nothing decided about series.
// Several threads may read at once: what DCMTK shares, it locks, or it is set up once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data_loader/native_pixels.h"
#include "data_loader/series_split.h"
#include "data_loader/siemens_mosaic.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// What a file says of one of its slices.
struct DicomFrame {
  std::size_t index = 0;                               // in the file
  std::optional<std::array<double, 3>> position;       // mm, LPS: of the first voxel's centre
  std::optional<std::array<double, 6>> orientation;    // of a row, of a column
  std::optional<std::array<double, 2>> pixel_spacing;  // between rows, between columns; mm
  std::string stack;  // the same for frames of one stack; empty where nothing is said
  // What may tell it from others at its place; kFile is left to who knows the files.
  Marks marks;

  bool IsPlaced() const { return position && orientation && pixel_spacing; }
};

struct DicomHeader {
  std::string path;
  std::string series_uid;
  std::string instance_uid;
  std::optional<double> instance_number;
  std::string patient;             // PatientID, or the study where it names nobody; stays in memory
  std::string frame_of_reference;  // where positions count from, a UID; may be empty
  std::string modality;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  // One; as many as it has of an enhanced object; one that says nothing where there is a problem.
  std::vector<DicomFrame> frames;
  std::optional<Mosaic> mosaic;        // its slices, where it is a picture of several
  std::optional<NativePixels> pixels;  // of a plain file of one frame
  // Why no slice can be had from this file; empty code where one can.
  Rejection problem;
};

using Series = std::vector<DicomHeader>;  // files of one SeriesInstanceUID

// Nothing when the file is no DICOM file at all. A file that ends early is TRUNCATED
// in `problem`; so are other kinds of objects: those of object_kind.h, DICOMDIR, NOT_AN_IMAGE,
// LOCALIZER, MULTI_FRAME, MOSAIC, COLOR_IMAGE, LOOKUP_TABLE, BURNED_IN_ANNOTATION,
// UNSUPPORTED_PIXELS, UNSUPPORTED_TRANSFER_SYNTAX.
std::optional<DicomHeader> ReadDicomHeader(const std::string& path);

}  // namespace gvsl::data_loader
