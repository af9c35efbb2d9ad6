#include "tests/support/nifti_maker.h"

#include <nifti1_io.h>

#include <algorithm>
#include <complex>
#include <cstring>
#include <stdexcept>

namespace gvsl::testing {
namespace {

template <typename T>
void Append(std::string& bytes, T value, bool swap) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  if (swap) std::reverse(raw, raw + sizeof(T));
  bytes.append(raw, sizeof(T));
}

void AppendAs(std::string& bytes, double value, int datatype, bool swap) {
  switch (datatype) {
    case NIFTI_TYPE_INT8:
      return Append(bytes, static_cast<std::int8_t>(value), swap);
    case NIFTI_TYPE_UINT8:
      return Append(bytes, static_cast<std::uint8_t>(value), swap);
    case NIFTI_TYPE_INT16:
      return Append(bytes, static_cast<std::int16_t>(value), swap);
    case NIFTI_TYPE_UINT16:
      return Append(bytes, static_cast<std::uint16_t>(value), swap);
    case NIFTI_TYPE_INT32:
      return Append(bytes, static_cast<std::int32_t>(value), swap);
    case NIFTI_TYPE_UINT32:
      return Append(bytes, static_cast<std::uint32_t>(value), swap);
    case NIFTI_TYPE_INT64:
      return Append(bytes, static_cast<std::int64_t>(value), swap);
    case NIFTI_TYPE_UINT64:
      return Append(bytes, static_cast<std::uint64_t>(value), swap);
    case NIFTI_TYPE_FLOAT32:
      return Append(bytes, static_cast<float>(value), swap);
    case NIFTI_TYPE_FLOAT64:
      return Append(bytes, value, swap);
    case NIFTI_TYPE_FLOAT128: {
      char raw[16] = {};
      const auto wide = static_cast<long double>(value);
      std::memcpy(raw, &wide, 10);
      bytes.append(raw, 16);
      return;
    }
    default: {
      int size = 0, swap_size = 0;
      nifti_datatype_sizes(datatype, &size, &swap_size);
      bytes.append(static_cast<std::size_t>(size), '\1');
    }
  }
}

nifti_1_header Header(const NiftiKnobs& knobs) {
  nifti_1_header header{};
  header.sizeof_hdr = 348;
  header.dim[0] = static_cast<short>(knobs.size.size());
  std::fill(header.dim + 1, header.dim + 8, short{1});
  std::copy(knobs.size.begin(), knobs.size.end(), header.dim + 1);
  header.datatype = knobs.datatype;
  int bytes = 0, swap_size = 0;
  nifti_datatype_sizes(knobs.datatype, &bytes, &swap_size);
  header.bitpix = static_cast<short>(8 * bytes);
  header.pixdim[0] = 1;
  std::copy(knobs.pixel_size.begin(), knobs.pixel_size.end(), header.pixdim + 1);
  header.vox_offset = 352.0F + static_cast<float>(knobs.extension_bytes);
  header.xyzt_units = knobs.unit;
  header.scl_slope = knobs.slope;
  header.scl_inter = knobs.intercept;
  if (knobs.sform) {
    header.sform_code = 1;
    float* const rows[3] = {header.srow_x, header.srow_y, header.srow_z};
    for (int row = 0; row < 3; ++row) {
      for (int i = 0; i < 4; ++i) rows[row][i] = static_cast<float>((*knobs.sform)[row][i]);
    }
  }
  if (knobs.qform_offset) {
    header.qform_code = 1;
    header.qoffset_x = (*knobs.qform_offset)[0];
    header.qoffset_y = (*knobs.qform_offset)[1];
    header.qoffset_z = (*knobs.qform_offset)[2];
  }
  std::memcpy(header.magic, "n+1", 4);
  return header;
}

std::string Extension(std::size_t bytes, bool swap) {
  if (bytes == 0) return std::string(4, '\0');
  std::string extension("\1\0\0\0", 4);
  Append(extension, static_cast<std::int32_t>(bytes), swap);
  Append(extension, std::int32_t{NIFTI_ECODE_COMMENT}, swap);
  return extension.append(bytes - 8, 'x');
}

}  // namespace

void MakeNifti(const std::string& path, const NiftiKnobs& knobs) {
  nifti_1_header header = Header(knobs);
  if (knobs.big_endian) swap_nifti_header(&header, 1);
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof(header));
  bytes += Extension(knobs.extension_bytes, knobs.big_endian);
  std::vector<double> values = knobs.values;
  if (values.empty()) {
    std::size_t count = 1;
    for (std::int16_t length : knobs.size)
      count *= static_cast<std::size_t>(std::max<int>(length, 0));
    for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<double>(i));
  }
  for (double value : values) AppendAs(bytes, value, knobs.datatype, knobs.big_endian);
  bytes.resize(bytes.size() - knobs.missing_bytes);
  znzFile file = znzopen(path.c_str(), "wb", path.ends_with(".gz") ? 1 : 0);
  const bool written =
      !znz_isnull(file) && znzwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (!written || Xznzclose(&file) != 0) throw std::runtime_error("write " + path);
}

data_loader::Affine Straight(std::array<double, 3> spacing, std::array<double, 3> origin) {
  data_loader::Affine affine{};
  for (int axis = 0; axis < 3; ++axis) {
    affine[axis][axis] = spacing[axis];
    affine[axis][3] = origin[axis];
  }
  return affine;
}

}  // namespace gvsl::testing
