#include "data_loader/nifti_fields.h"

#include <nifti2_io.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <optional>

#include "data_loader/nifti_header.h"

namespace gvsl::data_loader {
namespace {

constexpr std::size_t kMagicOfVersion1 = offsetof(nifti_1_header, magic);
constexpr std::size_t kMagicOfVersion2 = offsetof(nifti_2_header, magic);
constexpr int kAnalyze = 0;  // beside the versions 1 and 2

static_assert(sizeof(nifti_1_header) == 348 && sizeof(nifti_2_header) == kNiftiHeaderBytes);

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

// One layout after the other: Header is the library's struct, Int a size's type, Real a number's.
template <typename Header, typename Int, typename Real, typename Code>
void ReadFields(const Fields& fields, NiftiFields& raw) {
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

NiftiFields ReadVersion1(const Fields& fields) {
  NiftiFields raw;
  ReadFields<nifti_1_header, std::int16_t, float, std::int16_t>(fields, raw);
  raw.voxels_offset = fields.At<float>(offsetof(nifti_1_header, vox_offset));
  raw.units = fields.At<std::uint8_t>(offsetof(nifti_1_header, xyzt_units));
  raw.in_own_file = fields.At<char>(kMagicOfVersion1 + 1) == 'i';
  return raw;
}

NiftiFields ReadVersion2(const Fields& fields) {
  NiftiFields raw;
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

}  // namespace

OrRejection<NiftiFields> ReadNiftiFields(std::span<const char> bytes) {
  const std::optional<Layout> layout = LayoutOf(bytes);
  if (!layout) return Rejection{"UNREADABLE", "this is no NIfTI file; check or convert it anew"};
  if (layout->version == kAnalyze) {
    return Rejection{"ANALYZE",
                     "it is ANALYZE 7.5, which does not say which side is left; convert it to "
                     "NIfTI with a program that knows where it comes from"};
  }
  const Fields fields(bytes, layout->swap);
  NiftiFields read = layout->version == 2 ? ReadVersion2(fields) : ReadVersion1(fields);
  read.other_byte_order = layout->swap;
  if (!IsRank(read.dim[0])) {
    return Rejection{"UNREADABLE", "its header has an impossible number of axes"};
  }
  return read;
}

bool LooksLikeNiftiHeader(std::span<const char> bytes) {
  return SwapBySize(bytes, sizeof(nifti_1_header)) || SwapBySize(bytes, sizeof(nifti_2_header)) ||
         HasMagic(bytes, kMagicOfVersion1, '1');
}

}  // namespace gvsl::data_loader
