#include <nifti2_io.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

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

// Writes the voxels behind the header; false where it cannot.
using WriteVoxels = std::function<bool(znzFile)>;

bool WriteAll(znzFile file, const void* data, std::size_t bytes) {
  return znzwrite(data, 1, bytes, file) == bytes;
}

Status Write(const nifti_image& image, const std::string& path, bool gzip,
             const WriteVoxels& write_voxels) {
  nifti_1_header header{};
  if (nifti_convert_nim2n1hdr(&image, &header) != 0) {
    return InternalError("no NIfTI-1 header holds this image");
  }
  const char no_extension[4] = {};
  znzFile file = znzopen(path.c_str(), "wb", gzip ? 1 : 0);
  if (znz_isnull(file)) return ErrnoError(errno, "create " + path);
  const bool written = WriteAll(file, &header, sizeof(header)) &&
                       WriteAll(file, no_extension, sizeof(no_extension)) && write_voxels(file);
  const bool closed = Xznzclose(&file) == 0;
  if (!written || !closed) return ErrnoError(errno == 0 ? EIO : errno, "write " + path);
  return OkStatus();
}

// Aside and renamed: nobody finds half a file.
Status Publish(const nifti_image& image, const std::string& path, const WriteVoxels& write_voxels) {
  const std::string aside = Concat(path, ".tmp-", ::getpid());
  Status status = Write(image, aside, IsGzipName(path), write_voxels);
  if (status.ok()) status = PosixFileSystem().Rename(aside, path);
  if (!status.ok()) ::unlink(aside.c_str());
  return status;
}

Status PublishWhole(const nifti_image& image, const std::string& path) {
  const std::size_t bytes = image.nvox * static_cast<std::size_t>(image.nbyper);
  return Publish(image, path, [&](znzFile file) { return WriteAll(file, image.data, bytes); });
}

using ImagePointer = std::unique_ptr<nifti_image, FreeImage>;

enum class Room { kNone, kZeros };

// Of `components` numbers a voxel.
StatusOr<ImagePointer> NewImage(const std::array<std::int64_t, 3>& size, int components,
                                const Affine& to_ras, int datatype, Room room) {
  for (std::int64_t length : size) {
    if (length < 1 || length > kLongestAxis) {
      return InvalidArgumentError(Concat("NIfTI-1 has axes of 1 to ", kLongestAxis, " voxels"));
    }
  }
  const std::int64_t dims[8] = {
      components == 1 ? 3 : 5, size[2], size[1], size[0], 1, components, 1, 1};
  const bool has_room = room == Room::kZeros;
  ImagePointer image(nifti_make_new_nim(dims, datatype, has_room ? 1 : 0));
  if (image == nullptr || (has_room && image->data == nullptr)) {
    return ResourceExhaustedError("out of memory");
  }
  image->nifti_type = NIFTI_FTYPE_NIFTI1_1;
  image->iname_offset = 352;
  SetFrame(*image, to_ras);
  return image;
}

}  // namespace

Status WriteNifti(const std::string& path, const std::array<std::int64_t, 3>& size,
                  const Affine& to_ras, std::span<const double> values, NiftiType type) {
  GVSL_ASSIGN_OR_RETURN(const ImagePointer image,
                        NewImage(size, 1, to_ras, Datatype(type), Room::kZeros));
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
  return PublishWhole(*image, path);
}

namespace {

// Added to a number of under 22 bits, it leaves the nearest whole one in the lowest bits.
constexpr float kMagic = 12582912.0F;  // 1.5 * 2^23
constexpr std::uint32_t kMagicBits = 0x4b400000, kLeast = kMagicBits - 0x8000;

// Without a branch, in few operations.
[[gnu::always_inline]] inline bool Pack16(std::span<const float> values, std::int16_t* out) {
  std::uint32_t beyond = 0, differs = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float moved = values[i] + kMagic;
    const auto bits = std::bit_cast<std::uint32_t>(moved);
    differs |=
        std::bit_cast<std::uint32_t>(moved - kMagic) ^ std::bit_cast<std::uint32_t>(values[i]);
    beyond |= bits - kLeast;
    out[i] = static_cast<std::int16_t>(static_cast<std::uint16_t>(bits));
  }
  return (differs & 0x7fffffff) == 0 && beyond <= 0xffff;  // -0 is 0
}

// The same for a processor that does eight at once.
[[gnu::target("avx2")]] bool PackWide(std::span<const float> values, std::int16_t* out) {
  return Pack16(values, out);
}

// Whether all are whole and fit; `out` is of use only then.
bool PackWhole(std::span<const float> values, std::int16_t* out) {
  static const bool is_wide = __builtin_cpu_supports("avx2") != 0;
  return is_wide ? PackWide(values, out) : Pack16(values, out);
}

// One volume's slices, as they are written.
class Slices {
 public:
  Slices(const std::array<std::int64_t, 3>& size, std::span<const float> values, Rows rows)
      : depth_(static_cast<std::size_t>(size[0])),
        height_(static_cast<std::size_t>(size[1])),
        width_(static_cast<std::size_t>(size[2])),
        values_(values),
        rows_(rows) {}

  std::size_t depth() const { return depth_; }
  std::size_t voxels() const { return height_ * width_; }

  bool ToInt16(std::size_t z, std::int16_t* out) const {
    for (std::size_t y = 0; y < height_; ++y) {
      if (!PackWhole(Row(z, y), out + y * width_)) return false;
    }
    return true;
  }
  void ToFloat(std::size_t z, float* out) const {
    for (std::size_t y = 0; y < height_; ++y) std::ranges::copy(Row(z, y), out + y * width_);
  }

 private:
  std::span<const float> Row(std::size_t z, std::size_t y) const {
    const std::size_t from = rows_ == Rows::kLastFirst ? height_ - 1 - y : y;
    return values_.subspan((z * height_ + from) * width_, width_);
  }

  std::size_t depth_, height_, width_;
  std::span<const float> values_;
  Rows rows_;
};

// Nothing where a value does not fit: then nothing was written.
std::optional<Status> WriteAsInt16(const nifti_image& image, const std::string& path,
                                   const Slices& slices) {
  std::vector<std::int16_t> slice(slices.voxels());
  if (!slices.ToInt16(slices.depth() / 2, slice.data())) return std::nullopt;
  bool fits = true;
  const Status status = Publish(image, path, [&](znzFile file) {
    for (std::size_t z = 0; z < slices.depth(); ++z) {
      fits = slices.ToInt16(z, slice.data());
      if (!fits || !WriteAll(file, slice.data(), slice.size() * sizeof(slice[0]))) return false;
    }
    return true;
  });
  return fits ? std::optional(status) : std::nullopt;
}

}  // namespace

Status WriteNarrow(const std::string& path, const std::array<std::int64_t, 3>& size,
                   const Affine& to_ras, std::span<const float> values, Rows rows) {
  const Slices slices(size, values, rows);
  GVSL_ASSIGN_OR_RETURN(const ImagePointer narrow,
                        NewImage(size, 1, to_ras, NIFTI_TYPE_INT16, Room::kNone));
  if (auto status = WriteAsInt16(*narrow, path, slices)) return *std::move(status);
  GVSL_ASSIGN_OR_RETURN(const ImagePointer image,
                        NewImage(size, 1, to_ras, NIFTI_TYPE_FLOAT32, Room::kNone));
  std::vector<float> slice(slices.voxels());
  return Publish(*image, path, [&](znzFile file) {
    for (std::size_t z = 0; z < slices.depth(); ++z) {
      slices.ToFloat(z, slice.data());
      if (!WriteAll(file, slice.data(), slice.size() * sizeof(slice[0]))) return false;
    }
    return true;
  });
}

Status WriteVectorField(const std::string& path, const std::array<std::int64_t, 3>& size,
                        const Affine& to_ras, std::span<const float> components) {
  GVSL_ASSIGN_OR_RETURN(const ImagePointer image,
                        NewImage(size, 3, to_ras, NIFTI_TYPE_FLOAT32, Room::kZeros));
  image->intent_code = NIFTI_INTENT_VECTOR;
  std::copy(components.begin(), components.end(), static_cast<float*>(image->data));
  return PublishWhole(*image, path);
}

}  // namespace gvsl::data_loader
