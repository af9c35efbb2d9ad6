// Opening a DICOM file by DCMTK within bounds, whatever its bytes say.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "data_loader/dicom_outline.h"
#include "data_loader/transfer_syntax.h"

class DcmDataset;
class DcmFileFormat;

namespace gvsl::data_loader {

enum class DicomLoad {
  kWhole,
  kIncomplete,  // it ends before its data does, or is no DICOM file
  kExcessive,   // sequences in sequences without end, or more elements than an image has
};

// Pixels and other long values stay on disk until they are asked for. Several threads may
// load at once, each into a file of its own.
DicomLoad LoadDicomFile(const std::string& path, DcmFileFormat& file);

// The same of a plain file of which `head` is known, of `bytes` bytes: its unread elements are
// passed over, as if it did not have them.
DicomLoad LoadPlainDicomFile(const std::string& path, std::span<const std::uint8_t> head,
                             std::uint64_t bytes, const DicomOutline& outline, DcmFileFormat& file);

// Of pixels as the file has them; kNotRead for a transfer syntax that DCMTK does not know either.
PixelCoding CodingOf(DcmDataset& dataset);

// Pixels by JPEG or JPEG-LS in place of the coded ones. False where a decoder fails, or that of
// JPEG warns: so it says that it filled in what it could not make sense of.
bool DecodeWithoutWarning(DcmDataset& dataset);

}  // namespace gvsl::data_loader
