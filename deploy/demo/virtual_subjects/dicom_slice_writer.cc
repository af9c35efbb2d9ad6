#include "deploy/demo/virtual_subjects/dicom_slice_writer.h"

#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/oflog/oflog.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/sha256.h"
#include "common/text.h"

namespace gvsl::demo {
std::string Decimals(std::span<const double> values) {
  std::vector<std::string> parts;
  for (const double value : values) parts.push_back(Decimal(value));
  return Join(parts, "\\");
}

std::string Decimal(double value) {
  char text[32];
  for (int digits = 12; digits > 0; --digits) {
    if (std::snprintf(text, sizeof(text), "%.*g", digits, value) <= 16) break;
  }
  return text;
}

namespace {

void PutText(DcmDataset& dataset, const DicomSlice& slice) {
  const bool ct = slice.modality == "CT";
  const auto put = [&](const DcmTagKey& tag, const std::string& value) {
    dataset.putAndInsertString(tag, value.c_str());
  };
  put(DCM_SOPClassUID, ct ? UID_CTImageStorage : UID_MRImageStorage);
  put(DCM_SOPInstanceUID, slice.instance_uid);
  put(DCM_StudyInstanceUID, UidOf(slice.patient_id + " study" + slice.study));
  put(DCM_SeriesInstanceUID, slice.series_uid);
  put(DCM_FrameOfReferenceUID, UidOf(slice.series_uid + " frame"));
  put(DCM_Modality, slice.modality);
  put(DCM_PatientID, slice.patient_id);
  put(DCM_PatientName, slice.patient_id);
  put(DCM_ImageType, "DERIVED\\SECONDARY");
  put(DCM_PhotometricInterpretation, "MONOCHROME2");
  put(DCM_InstanceNumber, Concat(slice.instance_number));
  put(DCM_ImagePositionPatient, Decimals(slice.position));
  put(DCM_ImageOrientationPatient, Decimals(slice.orientation));
  put(DCM_PixelSpacing, Decimals(slice.pixel_spacing));
  put(DCM_RescaleSlope, Decimal(slice.slope));
  put(DCM_RescaleIntercept, Decimal(slice.intercept));
}

void PutPixels(DcmDataset& dataset, const DicomSlice& slice) {
  dataset.putAndInsertUint16(DCM_SamplesPerPixel, 1);
  dataset.putAndInsertUint16(DCM_Rows, slice.rows);
  dataset.putAndInsertUint16(DCM_Columns, slice.columns);
  dataset.putAndInsertUint16(DCM_BitsAllocated, 16);
  dataset.putAndInsertUint16(DCM_BitsStored, 16);
  dataset.putAndInsertUint16(DCM_HighBit, 15);
  dataset.putAndInsertUint16(DCM_PixelRepresentation, 1);
  dataset.putAndInsertUint16Array(DCM_PixelData,
                                  reinterpret_cast<const Uint16*>(slice.pixels.data()),
                                  static_cast<unsigned long>(slice.pixels.size()));
}

}  // namespace

std::string UidOf(const std::string& text) {
  return Concat("2.25.", std::stoull(Sha256Hex(text).substr(0, 16), nullptr, 16));
}

Status WriteDicomSlice(const DicomSlice& slice, const std::string& path) {
  OFLog::configure(OFLogger::OFF_LOG_LEVEL);
  DcmFileFormat file;
  PutText(*file.getDataset(), slice);
  PutPixels(*file.getDataset(), slice);
  const OFCondition saved = file.saveFile(
      path.c_str(), slice.big_endian ? EXS_BigEndianExplicit : EXS_LittleEndianExplicit);
  if (saved.bad()) return UnavailableError(Concat("write ", path, ": ", saved.text()));
  return OkStatus();
}

std::vector<DicomSlice> SlicesOf(const std::array<std::int64_t, 3>& size,
                                 const std::array<std::array<double, 4>, 3>& to_ras,
                                 const std::vector<std::int16_t>& values, const std::string& name) {
  // LPS: the first two coordinates change their sign.
  const auto column = [&](int axis) {
    return std::array<double, 3>{-to_ras[0][axis], -to_ras[1][axis], to_ras[2][axis]};
  };
  const auto x = column(0), y = column(1), z = column(2), origin = column(3);
  const double column_step = std::hypot(x[0], x[1], x[2]), row_step = std::hypot(y[0], y[1], y[2]);
  std::vector<DicomSlice> slices(static_cast<std::size_t>(size[0]));
  const std::int64_t pixels = size[1] * size[2];
  for (std::int64_t i = 0; i < size[0]; ++i) {
    DicomSlice& slice = slices[i];
    slice.patient_id = name;
    slice.series_uid = UidOf(name + " series");
    slice.instance_uid = UidOf(Concat(name, " instance ", i));
    slice.instance_number = static_cast<int>(i) + 1;
    for (int axis = 0; axis < 3; ++axis) {
      slice.position[axis] = origin[axis] + static_cast<double>(i) * z[axis];
      slice.orientation[axis] = x[axis] / column_step;
      slice.orientation[3 + axis] = y[axis] / row_step;
    }
    slice.pixel_spacing = {row_step, column_step};
    slice.rows = static_cast<std::uint16_t>(size[1]);
    slice.columns = static_cast<std::uint16_t>(size[2]);
    slice.pixels.assign(values.begin() + i * pixels, values.begin() + (i + 1) * pixels);
  }
  return slices;
}

}  // namespace gvsl::demo
