#include "data_loader/nifti_file.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "data_loader/file_bytes.h"
#include "data_loader/nifti_values.h"
#include "data_loader/volume_limits.h"

namespace gvsl::data_loader {
namespace {

constexpr std::size_t kChunkBytes = 1 << 20;  // whole voxels of every type that is read

const Rejection kTooShort = {"TRUNCATED",
                             "the file is shorter than its header says; copy it again"};
const Rejection kDamaged = {"TRUNCATED", "its compression ends early or is damaged; copy it again"};
const Rejection kNotOpened = {"UNREADABLE", "the file cannot be opened"};

using TakeValues = std::function<void(std::span<const double>)>;

struct Opened {
  NiftiHeader header;
  std::unique_ptr<FileBytes> voxels;  // from its beginning
};

// Where the voxels are. In a .nii they are in the file itself, whatever its header says.
OrRejection<std::string> VoxelsPath(const std::string& path, NiftiHeader& header) {
  if (!header.in_own_file) return path;
  if (ParseNiftiName(path).kind != NiftiKind::kHeader) {
    const std::int64_t least = header.version == 2 ? 544 : 352;
    header.voxels_offset = std::max(header.voxels_offset, least);
    return path;
  }
  std::string image = ImageBeside(path);
  if (image.empty()) {
    return Rejection{"HEADER_WITHOUT_IMAGE",
                     "its voxels are in a file with the ending .img that is not beside it"};
  }
  return image;
}

OrRejection<NiftiHeader> ReadHeaderAlone(const std::string& path) {
  const auto file = FileBytes::Open(path);
  if (file == nullptr) return kNotOpened;
  std::array<char, kNiftiHeaderBytes> bytes{};
  const std::size_t count = file->Read(bytes);
  OrRejection<NiftiHeader> header = ParseNiftiHeader(std::span(bytes).first(count));
  if (std::holds_alternative<Rejection>(header) && file->is_damaged()) return kDamaged;
  return header;
}

OrRejection<Opened> Open(const std::string& path) {
  OrRejection<NiftiHeader> read = ReadHeaderAlone(path);
  if (auto* rejection = std::get_if<Rejection>(&read)) return std::move(*rejection);
  Opened opened{std::get<NiftiHeader>(std::move(read)), nullptr};
  const OrRejection<std::string> voxels_path = VoxelsPath(path, opened.header);
  if (const auto* rejection = std::get_if<Rejection>(&voxels_path)) return *rejection;
  opened.voxels = FileBytes::Open(std::get<std::string>(voxels_path));
  if (opened.voxels == nullptr) return kNotOpened;
  const auto file_bytes = static_cast<double>(opened.voxels->file_bytes());
  const double room = opened.voxels->is_gzip() ? MostUnpacked(file_bytes) : file_bytes;
  if (opened.header.bytes() + static_cast<double>(opened.header.voxels_offset) > room) {
    return kTooShort;
  }
  return opened;
}

// A piece at a time, so that a header's promise costs no memory.
Rejection ReadPieces(Opened& opened, NiftiConverter convert, std::int64_t bytes_to_read,
                     const TakeValues& take) {
  auto left = static_cast<std::size_t>(bytes_to_read);
  std::vector<char> bytes(std::min(left, kChunkBytes));
  std::vector<double> values;
  while (left > 0) {
    const auto piece = std::span(bytes).first(std::min(left, bytes.size()));
    if (opened.voxels->Read(piece) != piece.size()) {
      return opened.voxels->is_damaged() ? kDamaged : kTooShort;
    }
    if (!convert(piece, opened.header, values)) {
      return {"INVALID_RESCALE",
              "scaled by scl_slope and scl_inter its values become impossible; export it again"};
    }
    take(values);
    left -= piece.size();
  }
  return {};
}

// What is behind the voxels that were read.
Rejection CheckEnd(FileBytes& file, std::int64_t promised) {
  switch (file.Finish(promised, promised + kMostTrailingBytes)) {
    case FileBytes::Rest::kWhole:
      return {};
    case FileBytes::Rest::kDamaged:
      return file.is_damaged() ? kDamaged : kTooShort;
    case FileBytes::Rest::kTooLong:
      break;
  }
  return {"TOO_LARGE", "much more is packed into it than its header says; check the file"};
}

}  // namespace

OrRejection<NiftiHeader> ReadNiftiHeader(const std::string& path) {
  OrRejection<Opened> opened = Open(path);
  if (auto* rejection = std::get_if<Rejection>(&opened)) return std::move(*rejection);
  return std::get<Opened>(std::move(opened)).header;
}

Rejection ReadNiftiValues(const std::string& path, const TakeValues& take, NiftiExtent extent) {
  OrRejection<Opened> read = Open(path);
  if (auto* rejection = std::get_if<Rejection>(&read)) return std::move(*rejection);
  Opened& opened = std::get<Opened>(read);
  const OrRejection<NiftiConverter> converter = ConverterOf(opened.header);
  if (const auto* rejection = std::get_if<Rejection>(&converter)) return *rejection;
  const auto all = static_cast<std::int64_t>(opened.header.bytes());
  const std::int64_t wanted = extent == NiftiExtent::kAll ? all
                                                          : opened.header.voxels_of_one_volume() *
                                                                opened.header.voxel_bytes;
  if (!opened.voxels->Skip(opened.header.voxels_offset)) {
    return opened.voxels->is_damaged() ? kDamaged : kTooShort;
  }
  Rejection found = ReadPieces(opened, std::get<NiftiConverter>(converter), wanted, take);
  return found.code.empty() ? CheckEnd(*opened.voxels, all - wanted) : found;
}

bool IsNiftiHeaderFile(const std::string& path) {
  const auto file = FileBytes::Open(path);
  if (file == nullptr) return false;
  std::array<char, kNiftiHeaderBytes> bytes{};
  const std::size_t count = file->Read(bytes);
  return LooksLikeNiftiHeader(std::span(bytes).first(count));
}

}  // namespace gvsl::data_loader
