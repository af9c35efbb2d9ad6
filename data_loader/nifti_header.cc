#include "data_loader/nifti_header.h"

#include <nifti2_io.h>

#include <algorithm>
#include <cmath>

#include "common/text.h"
#include "data_loader/nifti_fields.h"
#include "data_loader/volume_limits.h"

namespace gvsl::data_loader {
namespace {

Rejection Unreadable(const char* reason) { return {"UNREADABLE", reason}; }

// Unknown units are mm.
double MillimetresPerUnit(int units) {
  switch (XYZT_TO_SPACE(units)) {
    case NIFTI_UNITS_METER:
      return 1e3;
    case NIFTI_UNITS_MICRON:
      return 1e-3;
    default:
      return 1;
  }
}

template <typename Matrix>
Affine ToAffine(const Matrix& matrix, double millimetres) {
  Affine affine;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 4; ++column) {
      affine[row][column] = matrix[row][column] * millimetres;
    }
  }
  return affine;
}

// In the precision that the version has: a qform of version 1 is the same bits everywhere.
Affine QformOf(const NiftiFields& raw, const std::array<double, 3>& spacing, double millimetres) {
  const double side = raw.pixdim[0] < 0 ? -1 : 1;
  const auto fixed = [](double value) { return std::isfinite(value) ? value : 0; };
  const std::array<double, 3>& q = raw.quatern;
  std::array<double, 3> o{};
  std::ranges::transform(raw.origin, o.begin(), fixed);
  if (raw.version == 2) {
    return ToAffine(nifti_quatern_to_dmat44(q[0], q[1], q[2], o[0], o[1], o[2], spacing[0],
                                            spacing[1], spacing[2], side)
                        .m,
                    millimetres);
  }
  const auto f = [](double value) { return static_cast<float>(value); };
  return ToAffine(nifti_quatern_to_mat44(f(q[0]), f(q[1]), f(q[2]), f(o[0]), f(o[1]), f(o[2]),
                                         f(spacing[0]), f(spacing[1]), f(spacing[2]), f(side))
                      .m,
                  millimetres);
}

// A little more than a rotation's is rounding.
bool IsRotation(const std::array<double, 3>& q) {
  return q[0] * q[0] + q[1] * q[1] + q[2] * q[2] <= 1.01;
}

Rejection Place(const NiftiFields& raw, NiftiHeader& header) {
  const double millimetres = MillimetresPerUnit(raw.units);
  std::array<double, 3> spacing{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double length = raw.pixdim[axis + 1];
    spacing[axis] = length == 0 || !std::isfinite(length) ? 1 : length;
  }
  if (raw.sform > 0) {
    header.frame = NiftiFrame::kSform;
    header.to_ras = ToAffine(raw.rows, millimetres);
  } else if (raw.qform > 0) {
    // libnifti would take 1 mm, and any rotation.
    if (std::ranges::min(spacing) < 0 || !IsRotation(raw.quatern)) {
      return {"INVALID_GEOMETRY",
              "its qform has voxels of a size below 0 or turns them by no rotation; convert it "
              "anew"};
    }
    header.frame = NiftiFrame::kQform;
    header.to_ras = QformOf(raw, spacing, millimetres);
  } else {
    for (int axis = 0; axis < 3; ++axis) header.to_ras[axis][axis] = spacing[axis] * millimetres;
  }
  return {};
}

// Axes beyond the last do not count; one of them that is 0 is 1, as libnifti takes it.
Rejection SetSize(const NiftiFields& raw, NiftiHeader& header) {
  header.size.fill(1);
  for (std::int64_t axis = 1; axis <= raw.dim[0]; ++axis) {
    const std::int64_t length = raw.dim[axis];
    if (length < 0 || (length == 0 && axis == 1)) {
      return Unreadable("its header claims an axis without voxels; convert it anew");
    }
    header.size[axis - 1] = std::max<std::int64_t>(length, 1);
  }
  double voxels = 1;
  for (int axis = 0; axis < 3; ++axis) voxels *= static_cast<double>(header.size[axis]);
  if (voxels > static_cast<double>(kMostVoxels)) {
    return {"TOO_LARGE",
            Concat("its header claims more than ", kMostVoxels, " voxels; check the header")};
  }
  if (header.bytes() > static_cast<double>(kMostFileBytes)) {
    return {"TOO_LARGE",
            Concat("its header claims more than ", kMostFileBytes, " bytes; check the header")};
  }
  return {};
}

// Where libnifti takes what is behind the header: it may be four bytes further on.
Rejection SetOffset(const NiftiFields& raw, NiftiHeader& header) {
  if (!(raw.voxels_offset >= 0 && raw.voxels_offset <= static_cast<double>(kMostFileBytes))) {
    return Unreadable("its header says that the voxels are at a place that no file has");
  }
  const auto least =
      static_cast<std::int64_t>(raw.version == 2 ? sizeof(nifti_2_header) : sizeof(nifti_1_header));
  header.voxels_offset = static_cast<std::int64_t>(raw.voxels_offset);
  if (raw.in_own_file || header.voxels_offset >= least) return {};
  return Unreadable("its header says that the voxels begin within it; convert it anew");
}

Rejection SetDatatype(const NiftiFields& raw, NiftiHeader& header) {
  int swapped_together = 0;
  header.datatype = raw.datatype;
  header.datatype_name = nifti_datatype_string(raw.datatype);
  nifti_datatype_sizes(raw.datatype, &header.voxel_bytes, &swapped_together);
  if (header.voxel_bytes > 0) return {};
  return {"UNSUPPORTED_DATATYPE",
          Concat("voxels of type ", raw.datatype == DT_BINARY ? "BINARY" : header.datatype_name,
                 " (", raw.datatype, ") are not read; convert them to real numbers")};
}

double Finite(double value) { return std::isfinite(value) ? value : 0; }

}  // namespace

bool NiftiHeader::is_complex() const {
  return datatype == NIFTI_TYPE_COMPLEX64 || datatype == NIFTI_TYPE_COMPLEX128 ||
         datatype == NIFTI_TYPE_COMPLEX256;
}

bool NiftiHeader::has_components() const {
  const bool several = (intent >= NIFTI_INTENT_GENMATRIX && intent <= NIFTI_INTENT_QUATERNION) ||
                       intent == NIFTI_INTENT_RGB_VECTOR || intent == NIFTI_INTENT_RGBA_VECTOR;
  return several && size[4] > 1;
}

bool NiftiHeader::has_further_volumes() const {
  return std::any_of(size.begin() + 3, size.end(), [](std::int64_t length) { return length > 1; });
}

double NiftiHeader::bytes() const {
  double bytes = voxel_bytes;
  for (const std::int64_t length : size) bytes *= static_cast<double>(length);
  return bytes;
}

OrRejection<NiftiHeader> ParseNiftiHeader(std::span<const char> bytes) {
  const OrRejection<NiftiFields> read = ReadNiftiFields(bytes);
  if (const auto* rejection = std::get_if<Rejection>(&read)) return *rejection;
  const NiftiFields& raw = std::get<NiftiFields>(read);
  NiftiHeader header;
  header.version = raw.version;
  header.intent = raw.intent;
  header.other_byte_order = raw.other_byte_order;
  header.in_own_file = raw.in_own_file;
  if (Rejection found = SetDatatype(raw, header); !found.code.empty()) return found;
  if (Rejection found = SetSize(raw, header); !found.code.empty()) return found;
  if (Rejection found = SetOffset(raw, header); !found.code.empty()) return found;
  header.slope = Finite(raw.slope);
  header.intercept = Finite(raw.intercept);
  if (Rejection found = Place(raw, header); !found.code.empty()) return found;
  return header;
}

}  // namespace gvsl::data_loader
