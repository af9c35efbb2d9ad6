#include "data_loader/nifti_file.h"

#include <nifti1_io.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
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

template <typename T>
void Pack(std::span<const double> values, void* data) {
  T* out = static_cast<T*>(data);
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = static_cast<T>(values[i]);
}

int Datatype(NiftiType type) {
  switch (type) {
    case NiftiType::kInt16:
      return NIFTI_TYPE_INT16;
    case NiftiType::kInt32:
      return NIFTI_TYPE_INT32;
    case NiftiType::kFloat32:
      return NIFTI_TYPE_FLOAT32;
  }
  return NIFTI_TYPE_FLOAT32;
}

// Units mm; the same matrix in sform and, as a rotation, in qform; code 1, "scanner".
void SetFrame(nifti_image& image, const Affine& to_ras) {
  mat44 matrix{};
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 4; ++column) {
      matrix.m[row][column] = static_cast<float>(to_ras[row][column]);
    }
  }
  matrix.m[3][3] = 1;
  image.sform_code = image.qform_code = NIFTI_XFORM_SCANNER_ANAT;
  image.sto_xyz = matrix;
  image.sto_ijk = nifti_mat44_inverse(matrix);
  nifti_mat44_to_quatern(matrix, &image.quatern_b, &image.quatern_c, &image.quatern_d,
                         &image.qoffset_x, &image.qoffset_y, &image.qoffset_z, &image.dx, &image.dy,
                         &image.dz, &image.qfac);
  image.pixdim[0] = image.qfac;
  image.pixdim[1] = image.dx;
  image.pixdim[2] = image.dy;
  image.pixdim[3] = image.dz;
  image.xyz_units = NIFTI_UNITS_MM;
}

Status Write(const nifti_image& image, const std::string& path) {
  const nifti_1_header header = nifti_convert_nim2nhdr(&image);
  const char no_extension[4] = {};
  znzFile file = znzopen(path.c_str(), "wb", IsGzip(path) ? 1 : 0);
  if (znz_isnull(file)) return ErrnoError(errno, "create " + path);
  const std::size_t bytes = image.nvox * static_cast<std::size_t>(image.nbyper);
  bool written = znzwrite(&header, 1, sizeof(header), file) == sizeof(header);
  written = written && znzwrite(no_extension, 1, 4, file) == 4;
  written = written && znzwrite(image.data, 1, bytes, file) == bytes;
  const bool closed = Xznzclose(&file) == 0;
  if (!written || !closed) return ErrnoError(errno == 0 ? EIO : errno, "write " + path);
  return OkStatus();
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

Status WriteNifti(const std::string& path, const std::array<std::int64_t, 3>& size,
                  const Affine& to_ras, std::span<const double> values, NiftiType type) {
  for (std::int64_t length : size) {
    if (length < 1 || length > std::numeric_limits<std::int16_t>::max()) {
      return InvalidArgumentError("NIfTI-1 has axes of 1 to 32767 voxels");
    }
  }
  const int dims[8] = {
      3, static_cast<int>(size[2]), static_cast<int>(size[1]), static_cast<int>(size[0]), 1, 1, 1,
      1};
  const Image image(nifti_make_new_nim(dims, Datatype(type), 1));
  if (image == nullptr || image->data == nullptr) return ResourceExhaustedError("out of memory");
  image->nifti_type = NIFTI_FTYPE_NIFTI1_1;
  image->iname_offset = 352;
  SetFrame(*image, to_ras);
  switch (type) {
    case NiftiType::kInt16:
      Pack<std::int16_t>(values, image->data);
      break;
    case NiftiType::kInt32:
      Pack<std::int32_t>(values, image->data);
      break;
    case NiftiType::kFloat32:
      Pack<float>(values, image->data);
      break;
  }
  return Write(*image, path);
}

std::string NiftiStem(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (!name.ends_with(".nii")) return "";
  name.resize(name.size() - 4);
  return name;
}

}  // namespace gvsl::data_loader
