#include "data_loader/nifti_values.h"

#include <nifti2_io.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

constexpr double kMost = std::numeric_limits<float>::max();

// FLOAT128, the less significant byte first.
struct Wide {
  std::array<std::uint8_t, 16> bytes;
};

std::uint64_t LittleEndian(const Wide& wide, std::size_t offset) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value |= std::uint64_t{wide.bytes[offset + i]} << (8 * i);
  return value;
}

double WithExponent(double fraction, int exponent, bool is_special, bool is_nan) {
  if (is_special) {
    return is_nan ? std::numeric_limits<double>::quiet_NaN()
                  : std::numeric_limits<double>::infinity();
  }
  return std::ldexp(fraction, exponent - 16383);
}

template <typename T>
double ToDouble(T value) {
  return static_cast<double>(value);
}

// Two things are called so: IEEE's 128 bits, and the 80 bits of x86 with six bytes of zero behind
// them, where IEEE has its sign and exponent. These are zero of nothing but (almost) zero.
double ToDouble(Wide wide) {
  const std::uint64_t low = LittleEndian(wide, 0), high = LittleEndian(wide, 8);
  const bool is_x86 = high >> 16 == 0;
  const auto top = static_cast<unsigned>(is_x86 ? high : high >> 48);
  const auto exponent = static_cast<int>(top & 0x7fff);
  const bool special = exponent == 0x7fff;
  double value = 0;
  if (is_x86) {
    value =
        WithExponent(std::ldexp(static_cast<double>(low), -63), exponent, special, low << 1 != 0);
  } else {
    const std::uint64_t fraction = high & 0xffff'ffff'ffff;
    const double whole = exponent == 0 ? 0 : 1;
    value = WithExponent(whole + std::ldexp(static_cast<double>(fraction), -48) +
                             std::ldexp(static_cast<double>(low), -112),
                         exponent, special, (fraction | low) != 0);
  }
  return (top & 0x8000) != 0 ? -value : value;
}

template <typename T>
double Number(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return ToDouble(value);
}

void Swap(std::span<char> bytes, std::size_t width) {
  if (width > 1) {
    nifti_swap_Nbytes(static_cast<std::int64_t>(bytes.size() / width), static_cast<int>(width),
                      bytes.data());
  }
}

bool Fits(double scaled, double before) {
  return std::abs(scaled) <= kMost || !(std::abs(before) <= kMost);
}

// Multiplied and added to even where it changes nothing: a negative zero becomes one.
struct Scale {
  explicit Scale(const NiftiHeader& header)
      : slope(header.slope == 0 ? 1 : header.slope),
        intercept(header.slope == 0 ? 0 : header.intercept) {}
  double operator()(double value) const { return value * slope + intercept; }
  double slope, intercept;
};

template <typename T>
bool Real(std::span<char> bytes, const NiftiHeader& header, std::vector<double>& values) {
  if (header.other_byte_order) Swap(bytes, sizeof(T));
  const Scale scale(header);
  bool fits = true;
  values.resize(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = Number<T>(bytes.data() + i * sizeof(T));
    values[i] = scale(value);
    fits = fits && Fits(values[i], value);
  }
  return fits;
}

template <typename T>
bool Magnitude(std::span<char> bytes, const NiftiHeader& header, std::vector<double>& values) {
  if (header.other_byte_order) Swap(bytes, sizeof(T));
  const Scale scale(header);
  bool fits = true;
  values.resize(bytes.size() / (2 * sizeof(T)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const char* voxel = bytes.data() + 2 * i * sizeof(T);
    const double real = Number<T>(voxel), imaginary = Number<T>(voxel + sizeof(T));
    values[i] = std::hypot(scale(real), scale(imaginary));
    fits = fits && Fits(values[i], std::hypot(real, imaginary));
  }
  return fits;
}

}  // namespace

OrRejection<NiftiConverter> ConverterOf(const NiftiHeader& header) {
  switch (header.datatype) {
    case NIFTI_TYPE_INT8:
      return Real<std::int8_t>;
    case NIFTI_TYPE_UINT8:
      return Real<std::uint8_t>;
    case NIFTI_TYPE_INT16:
      return Real<std::int16_t>;
    case NIFTI_TYPE_UINT16:
      return Real<std::uint16_t>;
    case NIFTI_TYPE_INT32:
      return Real<std::int32_t>;
    case NIFTI_TYPE_UINT32:
      return Real<std::uint32_t>;
    case NIFTI_TYPE_INT64:
      return Real<std::int64_t>;
    case NIFTI_TYPE_UINT64:
      return Real<std::uint64_t>;
    case NIFTI_TYPE_FLOAT32:
      return Real<float>;
    case NIFTI_TYPE_FLOAT64:
      return Real<double>;
    case NIFTI_TYPE_FLOAT128:
      return Real<Wide>;
    case NIFTI_TYPE_COMPLEX64:
      return Magnitude<float>;
    case NIFTI_TYPE_COMPLEX128:
      return Magnitude<double>;
    case NIFTI_TYPE_COMPLEX256:
      return Magnitude<Wide>;
    case NIFTI_TYPE_RGB24:
    case NIFTI_TYPE_RGBA32:
      return Rejection{"COLOR_IMAGE", "its voxels are colours; only grey values can be used"};
    default:
      return Rejection{"UNSUPPORTED_DATATYPE",
                       Concat("voxels of type ", header.datatype_name,
                              " are not read; convert them to real numbers")};
  }
}

}  // namespace gvsl::data_loader
