#include "tests/support/nifti_maker.h"

#include <nifti2_io.h>

#include <algorithm>
#include <bit>
#include <cmath>
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

// IEEE's 128 bits where the most significant byte is first, else the 80 bits of x86.
void AppendWide(std::string& bytes, double value, bool big_endian) {
  if (!big_endian) {
    char raw[16] = {};
    const auto wide = static_cast<long double>(value);
    std::memcpy(raw, &wide, 10);
    bytes.append(raw, 16);
    return;
  }
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t exponent = bits >> 52 & 0x7ff, fraction = bits & 0xf'ffff'ffff'ffff;
  const std::uint64_t wide_exponent = exponent == 0 ? 0 : exponent + 16383 - 1023;
  Append(bytes, bits >> 63 << 63 | wide_exponent << 48 | fraction >> 4, true);
  Append(bytes, fraction << 60, true);
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
    case NIFTI_TYPE_COMPLEX64:
      return Append(bytes, static_cast<float>(value), swap);
    case NIFTI_TYPE_FLOAT64:
    case NIFTI_TYPE_COMPLEX128:
      return Append(bytes, value, swap);
    case NIFTI_TYPE_FLOAT128:
    case NIFTI_TYPE_COMPLEX256:
      return AppendWide(bytes, value, swap);
    default: {
      int size = 0, swap_size = 0;
      nifti_datatype_sizes(datatype, &size, &swap_size);
      bytes.append(static_cast<std::size_t>(size), '\1');
    }
  }
}

// Where the two versions have their fields, and as what.
struct Layout {
  std::size_t bytes, datatype, dim, intent, pixdim, offset, slope, units, qform, quatern, rows,
      magic;
};
constexpr Layout kVersion1 = {348, 70, 40, 68, 76, 108, 112, 123, 252, 256, 280, 344};
constexpr Layout kVersion2 = {540, 12, 16, 504, 104, 168, 176, 500, 344, 352, 400, 4};

// Size is the type of a size, Real of a number, Code of a code.
template <typename Size, typename Real, typename Code>
class HeaderWriter {
 public:
  HeaderWriter(const Layout& layout, bool swap)
      : layout_(layout), swap_(swap), bytes_(layout.bytes, '\0') {}

  std::string Write(const NiftiKnobs& knobs, double voxels_offset, const std::string& magic) {
    Put(0, static_cast<std::int32_t>(layout_.bytes));
    bytes_.replace(layout_.magic, magic.size(), magic);
    PutShape(knobs);
    PutNumbers<Real>(layout_.slope, {knobs.slope, knobs.intercept});
    PutNumbers<Real>(layout_.pixdim,
                     {knobs.qfac, knobs.pixel_size[0], knobs.pixel_size[1], knobs.pixel_size[2]});
    PutPlace(knobs);
    if constexpr (sizeof(Real) == 4) {
      Put(layout_.offset, static_cast<float>(voxels_offset));
      Put(layout_.units, knobs.unit);
    } else {
      Put(layout_.offset, static_cast<std::int64_t>(voxels_offset));
      Put(layout_.units, std::int32_t{knobs.unit});
    }
    Put(layout_.intent, Code{knobs.intent});
    return bytes_;
  }

 private:
  template <typename T>
  void Put(std::size_t offset, T value) {
    std::string raw;
    Append(raw, value, swap_);
    bytes_.replace(offset, raw.size(), raw);
  }

  template <typename T>
  void PutNumbers(std::size_t offset, const std::vector<double>& values) {
    for (double value : values) {
      Put(offset, static_cast<T>(value));
      offset += sizeof(T);
    }
  }

  void PutShape(const NiftiKnobs& knobs) {
    Put(layout_.dim, static_cast<Size>(knobs.size.size()));
    for (std::size_t axis = 1; axis < 8; ++axis) {
      const std::int64_t length = axis <= knobs.size.size() ? knobs.size[axis - 1] : 1;
      Put(layout_.dim + axis * sizeof(Size), static_cast<Size>(length));
    }
    int bytes = 0, swap_size = 0;
    nifti_datatype_sizes(knobs.datatype, &bytes, &swap_size);
    Put(layout_.datatype, knobs.datatype);
    Put(layout_.datatype + 2, static_cast<std::int16_t>(8 * bytes));
  }

  void PutPlace(const NiftiKnobs& knobs) {
    Put(layout_.qform, static_cast<Code>(knobs.qform_offset ? 1 : 0));
    Put(layout_.qform + sizeof(Code), static_cast<Code>(knobs.sform ? 1 : 0));
    PutNumbers<Real>(layout_.quatern, {knobs.quatern[0], knobs.quatern[1], knobs.quatern[2]});
    if (knobs.qform_offset) {
      const auto& offset = *knobs.qform_offset;
      PutNumbers<Real>(layout_.quatern + 3 * sizeof(Real), {offset[0], offset[1], offset[2]});
    }
    for (std::size_t row = 0; knobs.sform && row < 3; ++row) {
      const auto& values = (*knobs.sform)[row];
      PutNumbers<Real>(layout_.rows + 4 * row * sizeof(Real), {values.begin(), values.end()});
    }
  }

  const Layout& layout_;
  bool swap_;
  std::string bytes_;
};

std::string Header(const NiftiKnobs& knobs, bool is_pair) {
  const std::size_t size = knobs.version == 2 ? kVersion2.bytes : kVersion1.bytes;
  const auto behind = static_cast<double>(size + 4 + knobs.extension_bytes);
  const double offset = knobs.voxels_offset.value_or(is_pair ? 0 : behind);
  std::string magic = is_pair ? "ni" : "n+";
  magic += static_cast<char>('0' + knobs.version);
  magic += '\0';
  if (knobs.version == 2) magic += "\r\n\032\n";
  magic = knobs.magic.value_or(magic);
  if (knobs.version == 2) {
    return HeaderWriter<std::int64_t, double, std::int32_t>(kVersion2, knobs.big_endian)
        .Write(knobs, offset, magic);
  }
  return HeaderWriter<std::int16_t, float, std::int16_t>(kVersion1, knobs.big_endian)
      .Write(knobs, offset, magic);
}

std::string Extension(std::size_t bytes, bool swap) {
  if (bytes == 0) return std::string(4, '\0');
  std::string extension("\1\0\0\0", 4);
  Append(extension, static_cast<std::int32_t>(bytes), swap);
  Append(extension, std::int32_t{NIFTI_ECODE_COMMENT}, swap);
  return extension.append(bytes - 8, 'x');
}

bool IsComplex(int datatype) {
  return datatype == NIFTI_TYPE_COMPLEX64 || datatype == NIFTI_TYPE_COMPLEX128 ||
         datatype == NIFTI_TYPE_COMPLEX256;
}

std::string Voxels(const NiftiKnobs& knobs) {
  std::vector<double> values = knobs.values;
  if (values.empty()) {
    std::int64_t count = 1;
    for (std::int64_t length : knobs.size) count *= std::max<std::int64_t>(length, 0);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto value = static_cast<double>(i);
      if (IsComplex(knobs.datatype)) values.push_back(3 * value);
      values.push_back(IsComplex(knobs.datatype) ? 4 * value : value);
    }
  }
  std::string bytes;
  for (double value : values) AppendAs(bytes, value, knobs.datatype, knobs.big_endian);
  return bytes + knobs.trailing;
}

void Write(const std::string& path, const std::string& bytes) {
  const bool gzip = path.ends_with(".gz");
  znzFile file = znzopen(path.c_str(), "wb", gzip ? 1 : 0);
  const bool written =
      !znz_isnull(file) &&
      (bytes.empty() || znzwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
  if (!written || Xznzclose(&file) != 0) throw std::runtime_error("write " + path);
}

}  // namespace

void MakeNifti(const std::string& path, const NiftiKnobs& knobs) {
  const std::size_t ending = path.rfind(".hdr");
  const bool is_pair = ending != std::string::npos && path.size() - ending <= 7;
  const std::string header =
      Header(knobs, is_pair) + Extension(knobs.extension_bytes, knobs.big_endian);
  std::string voxels = (is_pair ? "" : header) + Voxels(knobs);
  voxels.resize(voxels.size() - knobs.missing_bytes);
  if (is_pair) {
    Write(path, header);
    if (!knobs.without_image) Write(std::string(path).replace(ending, 4, ".img"), voxels);
  } else {
    Write(path, voxels);
  }
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
