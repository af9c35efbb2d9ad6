#include "common/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/json_text.h"
#include "common/sha256.h"
#include "common/text.h"

namespace gvsl {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

using Json = nlohmann::json;

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

struct DTypeInfo {
  DType dtype;
  std::string_view name;
  std::size_t size;
};

constexpr DTypeInfo kDTypes[] = {
    {DType::kBool, "BOOL", 1}, {DType::kU8, "U8", 1},     {DType::kI8, "I8", 1},
    {DType::kI16, "I16", 2},   {DType::kU16, "U16", 2},   {DType::kI32, "I32", 4},
    {DType::kU32, "U32", 4},   {DType::kI64, "I64", 8},   {DType::kU64, "U64", 8},
    {DType::kF16, "F16", 2},   {DType::kBF16, "BF16", 2}, {DType::kF32, "F32", 4},
    {DType::kF64, "F64", 8},
};

const DTypeInfo& Info(DType dtype) {
  return *std::find_if(std::begin(kDTypes), std::end(kDTypes),
                       [&](const DTypeInfo& info) { return info.dtype == dtype; });
}

std::optional<DType> ParseDType(std::string_view name) {
  for (const DTypeInfo& info : kDTypes) {
    if (info.name == name) return info.dtype;
  }
  return std::nullopt;
}

// Bytes that a tensor of this shape has; nothing when the product overflows or a size is negative.
std::optional<std::uint64_t> ByteCount(DType dtype, const std::vector<std::int64_t>& shape) {
  std::uint64_t count = DTypeSize(dtype);
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size != 0 &&
        count > std::numeric_limits<std::int64_t>::max() / static_cast<std::uint64_t>(size)) {
      return std::nullopt;
    }
    count *= static_cast<std::uint64_t>(size);
  }
  return count;
}

StatusOr<TensorView> ParseTensor(const std::string& name, const Json& entry,
                                 std::string_view data) {
  const auto damaged = [&](std::string_view why) {
    return DataLossError(Concat("safetensors: tensor ", name, ": ", why));
  };
  if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") ||
      !entry.contains("data_offsets") || !entry["dtype"].is_string() ||
      !entry["shape"].is_array() || !entry["data_offsets"].is_array() ||
      entry["data_offsets"].size() != 2) {
    return damaged("header entry is malformed");
  }
  const std::optional<DType> dtype = ParseDType(entry["dtype"].get<std::string>());
  if (!dtype) return damaged("unknown dtype");
  TensorView view;
  view.dtype = *dtype;
  for (const Json& size : entry["shape"]) {
    if (!size.is_number_unsigned()) return damaged("shape is not made of non-negative integers");
    view.shape.push_back(size.get<std::int64_t>());
  }
  const Json& offsets = entry["data_offsets"];
  if (!offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned()) {
    return damaged("offsets are not non-negative integers");
  }
  const auto begin = offsets[0].get<std::uint64_t>();
  const auto end = offsets[1].get<std::uint64_t>();
  if (begin > end || end > data.size()) return damaged("data lies outside the file");
  if (ByteCount(view.dtype, view.shape) != end - begin) {
    return damaged("size of the data does not match dtype and shape");
  }
  view.bytes = data.substr(begin, end - begin);
  return view;
}

// The data sections of all tensors must tile [0, size) without gap or overlap.
Status CheckTiling(const std::map<std::string, TensorView>& tensors, std::string_view data) {
  std::vector<std::string_view> sections;
  for (const auto& [name, view] : tensors) sections.push_back(view.bytes);
  std::sort(sections.begin(), sections.end(), [](std::string_view a, std::string_view b) {
    return std::pair(a.data(), a.size()) < std::pair(b.data(), b.size());
  });
  const char* expected = data.data();
  for (const std::string_view section : sections) {
    if (section.data() != expected) return DataLossError("safetensors: data overlaps or has a gap");
    expected = section.data() + section.size();
  }
  if (expected != data.data() + data.size()) {
    return DataLossError("safetensors: bytes behind the last tensor");
  }
  return OkStatus();
}

Status CheckSizes(const std::map<std::string, TensorView>& tensors) {
  for (const auto& [name, view] : tensors) {
    if (ByteCount(view.dtype, view.shape) != view.bytes.size()) {
      return InvalidArgumentError(Concat("safetensors: tensor ", name,
                                         ": size of the data does not match dtype and shape"));
    }
  }
  return OkStatus();
}

std::string MakeHeader(const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const auto& [name, view] : tensors) {
    const std::uint64_t end = offset + view.bytes.size();
    header[name] = {
        {"dtype", DTypeName(view.dtype)}, {"shape", view.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

// Gives every byte of the file to `append`, and to the hash.
StatusOr<WrittenFile> Serialise(const std::map<std::string, TensorView>& tensors,
                                const std::map<std::string, std::string>& metadata,
                                const TakePiece& append) {
  GVSL_RETURN_IF_ERROR(CheckSizes(tensors));
  Sha256 hash;
  WrittenFile written;
  const auto put = [&](std::string_view bytes) {
    hash.Update(bytes);
    written.bytes += bytes.size();
    return append(bytes);
  };
  const std::string header = MakeHeader(tensors, metadata);
  const std::uint64_t header_bytes = header.size();
  GVSL_RETURN_IF_ERROR(put({reinterpret_cast<const char*>(&header_bytes), sizeof(header_bytes)}));
  GVSL_RETURN_IF_ERROR(put(header));
  for (const auto& [name, view] : tensors) GVSL_RETURN_IF_ERROR(put(view.bytes));
  written.sha256 = hash.HexDigest();
  return written;
}

}  // namespace

std::string_view DTypeName(DType dtype) { return Info(dtype).name; }
std::size_t DTypeSize(DType dtype) { return Info(dtype).size; }

std::int64_t TensorView::ElementCount() const {
  return static_cast<std::int64_t>(bytes.size() / DTypeSize(dtype));
}

TensorView FloatTensorView(std::span<const float> values, std::vector<std::int64_t> shape) {
  return {DType::kF32,
          std::move(shape),
          {reinterpret_cast<const char*>(values.data()), values.size_bytes()}};
}

StatusOr<SafetensorsFile> SafetensorsFile::Open(FileSystem& files, const std::string& path) {
  GVSL_ASSIGN_OR_RETURN(std::string bytes, ReadFile(files, path));
  auto parsed = Parse(FileInMemory(std::move(bytes)));
  if (!parsed.ok()) return parsed.status().WithContext(path);
  return parsed;
}

StatusOr<SafetensorsFile> SafetensorsFile::Parse(std::unique_ptr<ReadableFile> file) {
  const std::string_view bytes = file->bytes();
  std::uint64_t header_bytes = 0;
  if (bytes.size() < sizeof(header_bytes)) return DataLossError("safetensors: file is truncated");
  std::memcpy(&header_bytes, bytes.data(), sizeof(header_bytes));
  if (header_bytes > kMaxHeaderBytes || header_bytes > bytes.size() - sizeof(header_bytes)) {
    return DataLossError("safetensors: header is longer than the file");
  }
  const std::string_view text = bytes.substr(sizeof(header_bytes), header_bytes);
  const std::string_view data = bytes.substr(sizeof(header_bytes) + header_bytes);
  const auto parsed = ParseJson(text);
  if (!parsed.ok()) return parsed.status().WithContext("safetensors: header");
  const Json& header = *parsed;
  if (!header.is_object()) return DataLossError("safetensors: header is not a JSON object");

  SafetensorsFile result;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      for (const auto& [key, value] : entry.items()) {
        if (value.is_string()) result.metadata_[key] = value.get<std::string>();
      }
      continue;
    }
    GVSL_ASSIGN_OR_RETURN(result.tensors_[name], ParseTensor(name, entry, data));
  }
  GVSL_RETURN_IF_ERROR(CheckTiling(result.tensors_, data));
  result.file_ = std::move(file);
  return result;
}

StatusOr<TensorView> SafetensorsFile::Find(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return NotFoundError("safetensors: no tensor " + name);
  return found->second;
}

StatusOr<WrittenFile> HashSafetensors(const std::map<std::string, TensorView>& tensors,
                                      const std::map<std::string, std::string>& metadata) {
  return Serialise(tensors, metadata, [](std::string_view) { return OkStatus(); });
}

StatusOr<WrittenFile> WriteSafetensors(FileSystem& files, const std::string& path,
                                       const std::map<std::string, TensorView>& tensors,
                                       const std::map<std::string, std::string>& metadata) {
  GVSL_RETURN_IF_ERROR(CheckSizes(tensors));
  GVSL_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, files.Create(path));
  GVSL_ASSIGN_OR_RETURN(
      WrittenFile written,
      Serialise(tensors, metadata, [&](std::string_view bytes) { return file->Append(bytes); }));
  GVSL_RETURN_IF_ERROR(file->Sync());
  GVSL_RETURN_IF_ERROR(file->Close());
  return written;
}

}  // namespace gvsl
