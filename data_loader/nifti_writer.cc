#include <nifti2_io.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "common/file_system.h"
#include "common/text.h"
#include "data_loader/nifti_file.h"
#include "data_loader/volume_limits.h"

namespace gvsl::data_loader {
namespace {

struct FreeImage {
  void operator()(nifti_image* image) const { nifti_image_free(image); }
};

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
  nifti_mat44_to_dmat44(&matrix, &image.sto_xyz);
  image.sto_ijk = nifti_dmat44_inverse(image.sto_xyz);
  // In float, as a NIfTI-1 header has it.
  std::array<float, 3> quatern{}, origin{}, step{};
  float side = 0;
  nifti_mat44_to_quatern(matrix, &quatern[0], &quatern[1], &quatern[2], &origin[0], &origin[1],
                         &origin[2], &step[0], &step[1], &step[2], &side);
  image.quatern_b = quatern[0];
  image.quatern_c = quatern[1];
  image.quatern_d = quatern[2];
  image.qoffset_x = origin[0];
  image.qoffset_y = origin[1];
  image.qoffset_z = origin[2];
  image.pixdim[0] = image.qfac = side;
  image.pixdim[1] = image.dx = step[0];
  image.pixdim[2] = image.dy = step[1];
  image.pixdim[3] = image.dz = step[2];
  image.xyz_units = NIFTI_UNITS_MM;
}

Status Write(const nifti_image& image, const std::string& path, bool gzip) {
  nifti_1_header header{};
  if (nifti_convert_nim2n1hdr(&image, &header) != 0) {
    return InternalError("no NIfTI-1 header holds this image");
  }
  const char no_extension[4] = {};
  znzFile file = znzopen(path.c_str(), "wb", gzip ? 1 : 0);
  if (znz_isnull(file)) return ErrnoError(errno, "create " + path);
  const std::size_t bytes =
      static_cast<std::size_t>(image.nvox) * static_cast<std::size_t>(image.nbyper);
  bool written = znzwrite(&header, 1, sizeof(header), file) == sizeof(header);
  written = written && znzwrite(no_extension, 1, 4, file) == 4;
  written = written && znzwrite(image.data, 1, bytes, file) == bytes;
  const bool closed = Xznzclose(&file) == 0;
  if (!written || !closed) return ErrnoError(errno == 0 ? EIO : errno, "write " + path);
  return OkStatus();
}

// Aside and renamed: nobody finds half a file.
Status Publish(const nifti_image& image, const std::string& path) {
  const std::string aside = Concat(path, ".tmp-", ::getpid());
  Status status = Write(image, aside, IsGzipName(path));
  if (status.ok()) status = PosixFileSystem().Rename(aside, path);
  if (!status.ok()) ::unlink(aside.c_str());
  return status;
}

using ImagePointer = std::unique_ptr<nifti_image, FreeImage>;

// Of `components` numbers a voxel, all zero.
StatusOr<ImagePointer> NewImage(const std::array<std::int64_t, 3>& size, int components,
                                const Affine& to_ras, int datatype) {
  for (std::int64_t length : size) {
    if (length < 1 || length > kLongestAxis) {
      return InvalidArgumentError(Concat("NIfTI-1 has axes of 1 to ", kLongestAxis, " voxels"));
    }
  }
  const std::int64_t dims[8] = {
      components == 1 ? 3 : 5, size[2], size[1], size[0], 1, components, 1, 1};
  ImagePointer image(nifti_make_new_nim(dims, datatype, 1));
  if (image == nullptr || image->data == nullptr) return ResourceExhaustedError("out of memory");
  image->nifti_type = NIFTI_FTYPE_NIFTI1_1;
  image->iname_offset = 352;
  SetFrame(*image, to_ras);
  return image;
}

}  // namespace

Status WriteNifti(const std::string& path, const std::array<std::int64_t, 3>& size,
                  const Affine& to_ras, std::span<const double> values, NiftiType type) {
  GVSL_ASSIGN_OR_RETURN(const ImagePointer image, NewImage(size, 1, to_ras, Datatype(type)));
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
  return Publish(*image, path);
}

Status WriteVectorField(const std::string& path, const std::array<std::int64_t, 3>& size,
                        const Affine& to_ras, std::span<const float> components) {
  GVSL_ASSIGN_OR_RETURN(const ImagePointer image, NewImage(size, 3, to_ras, NIFTI_TYPE_FLOAT32));
  image->intent_code = NIFTI_INTENT_VECTOR;
  std::copy(components.begin(), components.end(), static_cast<float*>(image->data));
  return Publish(*image, path);
}

}  // namespace gvsl::data_loader
