#include "data_loader/nifti_header.h"

#include <nifti2_io.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <optional>

#include "common/text.h"
#include "data_loader/volume_limits.h"

namespace gvsl::data_loader {
namespace {

constexpr std::size_t kMagicOfVersion1 = offsetof(nifti_1_header, magic);
constexpr std::size_t kMagicOfVersion2 = offsetof(nifti_2_header, magic);
constexpr int kAnalyze = 0;  // beside the versions 1 and 2

static_assert(sizeof(nifti_1_header) == 348 && sizeof(nifti_2_header) == kNiftiHeaderBytes);

Rejection Unreadable(const char* reason) { return {"UNREADABLE", reason}; }

// Numbers at their places, in the file's byte order.
class Fields {
 public:
  Fields(std::span<const char> bytes, bool swap) : bytes_(bytes), swap_(swap) {}

  bool swap() const { return swap_; }

  template <typename T>
  T At(std::size_t offset) const {
    std::array<char, sizeof(T)> raw{};
    std::memcpy(raw.data(), bytes_.data() + offset, sizeof(T));
    if (swap_) std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
  }

  template <typename T, std::size_t N>
  std::array<double, N> Row(std::size_t offset) const {
    std::array<double, N> row{};
    for (std::size_t i = 0; i < N; ++i) row[i] = At<T>(offset + i * sizeof(T));
    return row;
  }

 private:
  std::span<const char> bytes_;
  bool swap_;
};

// Of either version. Doubles hold all numbers of version 1 exactly.
struct Raw {
  int version = 1;
  bool in_own_file = false;
  std::array<std::int64_t, 8> dim{};
  int datatype = 0;
  int intent = 0;
  std::array<double, 8> pixdim{};
  double voxels_offset = 0;
  double slope = 0, intercept = 0;
  int units = 0;
  int qform = 0, sform = 0;
  std::array<double, 3> quatern{}, origin{};
  std::array<std::array<double, 4>, 3> rows{};
};

// One layout after the other: Header is the library's struct, Int a size's type, Real a number's.
template <typename Header, typename Int, typename Real, typename Code>
void ReadFields(const Fields& fields, Raw& raw) {
  for (std::size_t i = 0; i < 8; ++i)
    raw.dim[i] = fields.At<Int>(offsetof(Header, dim) + i * sizeof(Int));
  raw.datatype = fields.At<std::int16_t>(offsetof(Header, datatype));
  raw.intent = fields.At<Code>(offsetof(Header, intent_code));
  raw.pixdim = fields.Row<Real, 8>(offsetof(Header, pixdim));
  raw.slope = fields.At<Real>(offsetof(Header, scl_slope));
  raw.intercept = fields.At<Real>(offsetof(Header, scl_inter));
  raw.qform = fields.At<Code>(offsetof(Header, qform_code));
  raw.sform = fields.At<Code>(offsetof(Header, sform_code));
  raw.quatern = fields.Row<Real, 3>(offsetof(Header, quatern_b));
  raw.origin = fields.Row<Real, 3>(offsetof(Header, qoffset_x));
  raw.rows = {fields.Row<Real, 4>(offsetof(Header, srow_x)),
              fields.Row<Real, 4>(offsetof(Header, srow_y)),
              fields.Row<Real, 4>(offsetof(Header, srow_z))};
}

Raw ReadVersion1(const Fields& fields) {
  Raw raw;
  ReadFields<nifti_1_header, std::int16_t, float, std::int16_t>(fields, raw);
  raw.voxels_offset = fields.At<float>(offsetof(nifti_1_header, vox_offset));
  raw.units = fields.At<char>(offsetof(nifti_1_header, xyzt_units));
  raw.in_own_file = fields.At<char>(kMagicOfVersion1 + 1) == 'i';
  return raw;
}

Raw ReadVersion2(const Fields& fields) {
  Raw raw;
  ReadFields<nifti_2_header, std::int64_t, double, std::int32_t>(fields, raw);
  raw.version = 2;
  raw.voxels_offset =
      static_cast<double>(fields.At<std::int64_t>(offsetof(nifti_2_header, vox_offset)));
  raw.units = fields.At<std::int32_t>(offsetof(nifti_2_header, xyzt_units));
  raw.in_own_file = fields.At<char>(kMagicOfVersion2 + 1) == 'i';
  return raw;
}

// "n+1" or "ni1", of version 2 accordingly.
bool HasMagic(std::span<const char> bytes, std::size_t offset, char version) {
  if (bytes.size() < offset + 4) return false;
  const char* magic = bytes.data() + offset;
  return magic[0] == 'n' && (magic[1] == '+' || magic[1] == 'i') && magic[2] == version &&
         magic[3] == '\0';
}

// Whether the header's own size is this, as it stands (false) or with its bytes swapped.
std::optional<bool> SwapBySize(std::span<const char> bytes, std::int32_t size) {
  if (bytes.size() < 4) return std::nullopt;
  for (const bool swap : {false, true}) {
    if (Fields(bytes, swap).At<std::int32_t>(0) == size) return swap;
  }
  return std::nullopt;
}

bool IsRank(std::int64_t rank) { return rank >= 1 && rank <= 7; }

// As libnifti tells: by the number of axes, which has one meaning in one order only.
std::optional<bool> SwapByRank(std::span<const char> bytes) {
  for (const bool swap : {false, true}) {
    if (IsRank(Fields(bytes, swap).At<std::int16_t>(offsetof(nifti_1_header, dim)))) return swap;
  }
  return std::nullopt;
}

struct Layout {
  int version = kAnalyze;
  bool swap = false;
};

std::optional<Layout> LayoutOf(std::span<const char> bytes) {
  const std::optional<bool> swap = SwapBySize(bytes, sizeof(nifti_2_header));
  if (swap && bytes.size() >= sizeof(nifti_2_header) && HasMagic(bytes, kMagicOfVersion2, '2')) {
    return Layout{2, *swap};
  }
  if (bytes.size() < sizeof(nifti_1_header)) return std::nullopt;
  const std::optional<bool> swap_by_rank = SwapByRank(bytes);
  if (!swap_by_rank) return std::nullopt;
  if (HasMagic(bytes, kMagicOfVersion1, '1')) return Layout{1, *swap_by_rank};
  if (SwapBySize(bytes, sizeof(nifti_1_header))) return Layout{kAnalyze, *swap_by_rank};
  return std::nullopt;
}

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
Affine QformOf(const Raw& raw, const std::array<double, 3>& spacing, double millimetres) {
  const double side = raw.pixdim[0] < 0 ? -1 : 1;
  const auto fixed = [](double value) { return std::isfinite(value) ? value : 0; };
  std::array<double, 3> q{}, o{};
  std::ranges::transform(raw.quatern, q.begin(), fixed);
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

void Place(const Raw& raw, NiftiHeader& header) {
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
    header.frame = NiftiFrame::kQform;
    header.to_ras = QformOf(raw, spacing, millimetres);
  } else {
    for (int axis = 0; axis < 3; ++axis) header.to_ras[axis][axis] = spacing[axis] * millimetres;
  }
}

// Axes beyond the last do not count; one of them that is 0 is 1, as libnifti takes it.
Rejection SetSize(const Raw& raw, NiftiHeader& header) {
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

// libnifti's own rule for an offset within the header: directly behind it.
Rejection SetOffset(const Raw& raw, NiftiHeader& header) {
  if (!(raw.voxels_offset >= 0 && raw.voxels_offset <= static_cast<double>(kMostFileBytes))) {
    return Unreadable("its header says that the voxels are at a place that no file has");
  }
  const auto least =
      static_cast<std::int64_t>(raw.version == 2 ? sizeof(nifti_2_header) : sizeof(nifti_1_header));
  header.voxels_offset = static_cast<std::int64_t>(raw.voxels_offset);
  if (!raw.in_own_file) header.voxels_offset = std::max(header.voxels_offset, least);
  return {};
}

Rejection SetDatatype(const Raw& raw, NiftiHeader& header) {
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
  const std::optional<Layout> layout = LayoutOf(bytes);
  if (!layout) return Unreadable("this is no NIfTI file; check or convert it anew");
  if (layout->version == kAnalyze) {
    return Rejection{"ANALYZE",
                     "it is ANALYZE 7.5, which does not say which side is left; convert it to "
                     "NIfTI with a program that knows where it comes from"};
  }
  const Fields fields(bytes, layout->swap);
  const Raw raw = layout->version == 2 ? ReadVersion2(fields) : ReadVersion1(fields);
  if (!IsRank(raw.dim[0])) return Unreadable("its header has an impossible number of axes");
  NiftiHeader header;
  header.version = raw.version;
  header.intent = raw.intent;
  header.other_byte_order = layout->swap;
  header.in_own_file = raw.in_own_file;
  if (Rejection found = SetDatatype(raw, header); !found.code.empty()) return found;
  if (Rejection found = SetSize(raw, header); !found.code.empty()) return found;
  if (Rejection found = SetOffset(raw, header); !found.code.empty()) return found;
  header.slope = Finite(raw.slope);
  header.intercept = Finite(raw.intercept);
  Place(raw, header);
  return header;
}

bool LooksLikeNiftiHeader(std::span<const char> bytes) {
  return SwapBySize(bytes, sizeof(nifti_1_header)) || SwapBySize(bytes, sizeof(nifti_2_header)) ||
         HasMagic(bytes, kMagicOfVersion1, '1');
}

}  // namespace gvsl::data_loader
