#include "data_loader/nifti_file.h"

#include <nifti1_io.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>

#include "common/text.h"
#include "data_loader/volume_limits.h"

namespace gvsl::data_loader {
namespace {

constexpr std::size_t kChunkBytes = 1 << 20;
constexpr double kBestCompression = 1100;  // gzip's bound is 1032

const Rejection kTooShort = {"TRUNCATED",
                             "the file is shorter than its header says; copy it again"};

struct FreeImage {
  void operator()(nifti_image* image) const { nifti_image_free(image); }
};
using Image = std::unique_ptr<nifti_image, FreeImage>;

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

// Unknown units are mm.
double MillimetresPerUnit(int xyz_units) {
  switch (xyz_units) {
    case NIFTI_UNITS_METER:
      return 1e3;
    case NIFTI_UNITS_MICRON:
      return 1e-3;
    default:
      return 1;
  }
}

Affine ToAffine(const mat44& matrix, double millimetres) {
  Affine affine;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 4; ++column) {
      affine[row][column] = matrix.m[row][column] * millimetres;
    }
  }
  return affine;
}

double DataBytes(const nifti_image& image) {
  double bytes = image.nbyper;
  for (int axis = 1; axis <= 7; ++axis) bytes *= std::max(image.dim[axis], 1);
  return bytes;
}

double VolumeVoxels(const nifti_image& image) {
  double voxels = 1;
  for (int axis = 1; axis <= 3; ++axis) voxels *= std::max(image.dim[axis], 1);
  return voxels;
}

OrRejection<Image> Open(const std::string& path) {
  nifti_set_debug_level(0);
  Image image(nifti_image_read(path.c_str(), 0));
  if (image == nullptr || image->nbyper <= 0) {
    return Rejection{"UNREADABLE",
                     "this is no NIfTI-1 file that libnifti can read; check or convert it anew"};
  }
  const double bytes = DataBytes(*image);
  if (VolumeVoxels(*image) > static_cast<double>(kMostVoxels)) {
    return Rejection{"TOO_LARGE", Concat("its header claims more than ", kMostVoxels,
                                         " voxels; check the header")};
  }
  std::error_code error;
  const auto file_bytes = static_cast<double>(std::filesystem::file_size(path, error));
  const double room = IsGzipName(path) ? file_bytes * kBestCompression : file_bytes;
  if (error || image->iname_offset < 0 || bytes > room ||
      (!IsGzipName(path) && bytes + image->iname_offset > file_bytes)) {
    return kTooShort;
  }
  return image;
}

using TakeValues = std::function<void(std::span<const double>)>;

template <typename T>
void Convert(std::span<const char> bytes, std::vector<double>& values) {
  values.resize(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<double>(value);
  }
}

using Converter = void (*)(std::span<const char>, std::vector<double>&);

OrRejection<Converter> ConverterOf(int datatype) {
  switch (datatype) {
    case NIFTI_TYPE_INT8:
      return Convert<std::int8_t>;
    case NIFTI_TYPE_UINT8:
      return Convert<std::uint8_t>;
    case NIFTI_TYPE_INT16:
      return Convert<std::int16_t>;
    case NIFTI_TYPE_UINT16:
      return Convert<std::uint16_t>;
    case NIFTI_TYPE_INT32:
      return Convert<std::int32_t>;
    case NIFTI_TYPE_UINT32:
      return Convert<std::uint32_t>;
    case NIFTI_TYPE_INT64:
      return Convert<std::int64_t>;
    case NIFTI_TYPE_UINT64:
      return Convert<std::uint64_t>;
    case NIFTI_TYPE_FLOAT32:
      return Convert<float>;
    case NIFTI_TYPE_FLOAT64:
      return Convert<double>;
    case NIFTI_TYPE_FLOAT128:
      return Convert<long double>;
    case NIFTI_TYPE_RGB24:
    case NIFTI_TYPE_RGBA32:
      return Rejection{"COLOR_IMAGE", "its voxels are colours; only grey values can be used"};
    default:
      return Rejection{"UNSUPPORTED_DATATYPE",
                       Concat("voxels of type ", nifti_datatype_string(datatype),
                              " are not read; convert them to real numbers")};
  }
}

struct CloseFile {
  void operator()(znzptr* file) const { Xznzclose(&file); }
};

// A piece at a time, so that a header's promise costs no memory.
Rejection ReadPieces(const std::string& path, const nifti_image& image, Converter convert,
                     const TakeValues& take) {
  const std::unique_ptr<znzptr, CloseFile> file(
      znzopen(path.c_str(), "rb", IsGzipName(path) ? 1 : 0));
  if (file == nullptr) return {"UNREADABLE", "the file cannot be opened"};
  if (znzseek(file.get(), image.iname_offset, SEEK_SET) < 0) return kTooShort;
  const bool swap = image.swapsize > 1 && image.byteorder != nifti_short_order();
  auto left = static_cast<std::size_t>(DataBytes(image));
  std::vector<char> bytes(std::min(left, kChunkBytes));
  std::vector<double> values;
  while (left > 0) {
    const std::size_t count = std::min(left, bytes.size());
    if (znzread(bytes.data(), 1, count, file.get()) != count) return kTooShort;
    if (swap) nifti_swap_Nbytes(count / image.swapsize, image.swapsize, bytes.data());
    convert({bytes.data(), count}, values);
    take(values);
    left -= count;
  }
  return {};
}

}  // namespace

OrRejection<NiftiHeader> ReadNiftiHeader(const std::string& path) {
  OrRejection<Image> opened = Open(path);
  if (const auto* rejection = std::get_if<Rejection>(&opened)) return *rejection;
  const nifti_image& image = *std::get<Image>(opened);
  NiftiHeader header;
  for (int axis = 0; axis < 7; ++axis) header.size[axis] = std::max(image.dim[axis + 1], 1);
  header.datatype = image.datatype;
  header.datatype_name = nifti_datatype_string(image.datatype);
  if (std::isfinite(image.scl_slope) && std::isfinite(image.scl_inter)) {
    header.slope = image.scl_slope;
    header.intercept = image.scl_inter;
  }
  header.frame = image.sform_code > 0   ? NiftiFrame::kSform
                 : image.qform_code > 0 ? NiftiFrame::kQform
                                        : NiftiFrame::kPixelSizesOnly;
  header.to_ras = ToAffine(image.sform_code > 0 ? image.sto_xyz : image.qto_xyz,
                           MillimetresPerUnit(image.xyz_units));
  return header;
}

Rejection ReadNiftiValues(const std::string& path, const TakeValues& take) {
  OrRejection<Image> opened = Open(path);
  if (const auto* rejection = std::get_if<Rejection>(&opened)) return *rejection;
  const nifti_image& image = *std::get<Image>(opened);
  OrRejection<Converter> convert = ConverterOf(image.datatype);
  if (const auto* rejection = std::get_if<Rejection>(&convert)) return *rejection;
  return ReadPieces(path, image, std::get<Converter>(convert), take);
}

bool IsGzipName(const std::string& path) { return LowerCase(path).ends_with(".gz"); }

std::string NiftiStem(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  if (IsGzipName(name)) name.resize(name.size() - 3);
  if (!LowerCase(name).ends_with(".nii")) return "";
  name.resize(name.size() - 4);
  return name;
}

}  // namespace gvsl::data_loader
