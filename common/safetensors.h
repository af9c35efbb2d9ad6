// The safetensors format: 8 bytes little-endian header length, a JSON header {name: {dtype, shape,
// data_offsets}}, then the data. Shards, checkpoints, exported weights and golden vectors are all
// of it. The writer's output is canonical: tensors in name order, header padded with spaces to 8
// bytes, no "__metadata__" unless given, so equal tensors give equal files.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"

namespace gvsl {

enum class DType { kBool, kU8, kI8, kI16, kU16, kI32, kU32, kI64, kU64, kF16, kBF16, kF32, kF64 };

std::string_view DTypeName(DType dtype);  // "F32"
std::size_t DTypeSize(DType dtype);       // bytes an element

// A typed, shaped view of bytes that somebody else owns; row-major, little-endian.
struct TensorView {
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::string_view bytes;

  std::int64_t ElementCount() const;
  // The elements as T; sizeof(T) must be DTypeSize(dtype) and bytes aligned for T (the files that
  // SafetensorsWriter makes are, when mapped).
  template <typename T>
  std::span<const T> As() const {
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

// View over floats.
TensorView FloatTensorView(std::span<const float> values, std::vector<std::int64_t> shape);

// The content of one file, checked on opening: header is JSON, offsets ascend without gaps or
// overlaps, stay inside the file and match dtype and shape. DATA_LOSS otherwise, naming the tensor.
// Thread-safe after opening; views live as long as the object.
class SafetensorsFile {
 public:
  // Reads the whole file into memory: a disk that fails later changes nothing.
  static StatusOr<SafetensorsFile> Open(FileSystem& files, const std::string& path);
  // For a mapping, or bytes that are in memory already.
  static StatusOr<SafetensorsFile> Parse(std::unique_ptr<ReadableFile> file);

  // NOT_FOUND names the missing tensor.
  StatusOr<TensorView> Find(const std::string& name) const;
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  std::string_view bytes() const { return file_->bytes(); }
  bool intact() const { return file_->intact(); }  // as ReadableFile has it

 private:
  std::unique_ptr<ReadableFile> file_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

// What was written.
struct WrittenFile {
  std::uint64_t bytes = 0;
  std::string sha256;
};

// What WriteSafetensors would write.
StatusOr<WrittenFile> HashSafetensors(const std::map<std::string, TensorView>& tensors,
                                      const std::map<std::string, std::string>& metadata = {});

// Writes header and data to `path` (not aside: callers that publish write into a directory or name
// of their own first) and syncs it. The views must stay valid during the call.
StatusOr<WrittenFile> WriteSafetensors(FileSystem& files, const std::string& path,
                                       const std::map<std::string, TensorView>& tensors,
                                       const std::map<std::string, std::string>& metadata = {});

}  // namespace gvsl
