#include "data_loader/nifti_file.h"

#include <nifti1_io.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

constexpr double kMostVoxels = 1073741824.0;
constexpr double kBestCompression = 1100;  // gzip's bound is 1032

struct FreeImage {
  void operator()(nifti_image* image) const { nifti_image_free(image); }
};
using Image = std::unique_ptr<nifti_image, FreeImage>;

bool IsGzip(const std::string& path) { return path.ends_with(".gz"); }

Affine ToAffine(const mat44& matrix) {
  Affine affine;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 4; ++column) affine[row][column] = matrix.m[row][column];
  }
  return affine;
}

double DataBytes(const nifti_image& image) {
  double bytes = image.nbyper;
  for (int axis = 1; axis <= 7; ++axis) bytes *= std::max(image.dim[axis], 1);
  return bytes;
}

OrRejection<Image> Open(const std::string& path) {
  nifti_set_debug_level(0);
  Image image(nifti_image_read(path.c_str(), 0));
  if (image == nullptr || image->nbyper <= 0) {
    return Rejection{"UNREADABLE",
                     "this is no NIfTI-1 file that libnifti can read; check or convert it anew"};
  }
  const double bytes = DataBytes(*image);
  if (bytes / image->nbyper > kMostVoxels) {
    return Rejection{"TOO_LARGE", "its header claims more than 2^30 voxels; check the header"};
  }
  std::error_code error;
  const auto file_bytes = static_cast<double>(std::filesystem::file_size(path, error));
  const double room = IsGzip(path) ? file_bytes * kBestCompression : file_bytes;
  if (error || image->iname_offset < 0 || bytes > room ||
      (!IsGzip(path) && bytes + image->iname_offset > file_bytes)) {
    return Rejection{"TRUNCATED", "the file is shorter than its header says; copy it again"};
  }
  return image;
}

OrRejection<std::vector<char>> ReadBytes(const std::string& path, const nifti_image& image) {
  std::vector<char> bytes(static_cast<std::size_t>(DataBytes(image)));
  znzFile file = znzopen(path.c_str(), "rb", IsGzip(path) ? 1 : 0);
  if (znz_isnull(file)) return Rejection{"UNREADABLE", "the file cannot be opened"};
  const bool found = znzseek(file, image.iname_offset, SEEK_SET) >= 0;
  const std::size_t count = found ? znzread(bytes.data(), 1, bytes.size(), file) : 0;
  Xznzclose(&file);
  if (count != bytes.size()) {
    return Rejection{"TRUNCATED", "the file is shorter than its header says; copy it again"};
  }
  if (image.swapsize > 1 && image.byteorder != nifti_short_order()) {
    nifti_swap_Nbytes(bytes.size() / image.swapsize, image.swapsize, bytes.data());
  }
  return bytes;
}

template <typename T>
std::vector<double> Convert(const std::vector<char>& bytes) {
  std::vector<double> values(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<double>(value);
  }
  return values;
}

OrRejection<std::vector<double>> ConvertAs(int datatype, const std::vector<char>& bytes) {
  switch (datatype) {
    case NIFTI_TYPE_INT8:
      return Convert<std::int8_t>(bytes);
    case NIFTI_TYPE_UINT8:
      return Convert<std::uint8_t>(bytes);
    case NIFTI_TYPE_INT16:
      return Convert<std::int16_t>(bytes);
    case NIFTI_TYPE_UINT16:
      return Convert<std::uint16_t>(bytes);
    case NIFTI_TYPE_INT32:
      return Convert<std::int32_t>(bytes);
    case NIFTI_TYPE_UINT32:
      return Convert<std::uint32_t>(bytes);
    case NIFTI_TYPE_INT64:
      return Convert<std::int64_t>(bytes);
    case NIFTI_TYPE_UINT64:
      return Convert<std::uint64_t>(bytes);
    case NIFTI_TYPE_FLOAT32:
      return Convert<float>(bytes);
    case NIFTI_TYPE_FLOAT64:
      return Convert<double>(bytes);
    case NIFTI_TYPE_FLOAT128:
      return Convert<long double>(bytes);
    case NIFTI_TYPE_RGB24:
    case NIFTI_TYPE_RGBA32:
      return Rejection{"COLOR_IMAGE", "its voxels are colours; only grey values can be used"};
    default:
      return Rejection{"UNSUPPORTED_DATATYPE",
                       Concat("voxels of type ", nifti_datatype_string(datatype),
                              " are not read; convert them to real numbers")};
  }
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
  header.to_ras = ToAffine(image.sform_code > 0 ? image.sto_xyz : image.qto_xyz);
  return header;
}

OrRejection<std::vector<double>> ReadNiftiValues(const std::string& path) {
  OrRejection<Image> opened = Open(path);
  if (const auto* rejection = std::get_if<Rejection>(&opened)) return *rejection;
  const nifti_image& image = *std::get<Image>(opened);
  OrRejection<std::vector<char>> bytes = ReadBytes(path, image);
  if (const auto* rejection = std::get_if<Rejection>(&bytes)) return *rejection;
  return ConvertAs(image.datatype, std::get<std::vector<char>>(bytes));
}

std::string NiftiStem(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (!name.ends_with(".nii")) return "";
  name.resize(name.size() - 4);
  return name;
}

}  // namespace gvsl::data_loader
