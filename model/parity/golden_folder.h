// A folder of golden vectors: index.json, functions.safetensors, CASE_MODE.safetensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/safetensors.h"
#include "common/status.h"
#include "model/parity/golden_formulas.h"

namespace gvsl::model {

// One file. A tensor that is not in it throws std::runtime_error with both names: whoever compares
// a file catches once. It remembers what was read: the rest is what nobody compares. Not
// thread-safe.
class GoldenFile {
 public:
  explicit GoldenFile(SafetensorsFile file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}
  // Copies, in the type they are stored in or as `dtype`.
  at::Tensor Read(const std::string& tensor) const;
  at::Tensor Read(const std::string& tensor, at::ScalarType dtype) const;
  double Scalar(const std::string& tensor) const;
  bool Has(const std::string& tensor) const { return file_.tensors().contains(tensor); }
  std::set<std::string> Unread() const;

 private:
  SafetensorsFile file_;
  std::string path_;
  mutable std::set<std::string> read_;
};

struct GoldenFolder {
  std::string path;
  std::uint32_t run = 0;
  std::vector<GoldenCase> cases;
  std::int64_t width = 32;  // of the network whose parameters the index lists
  nlohmann::json index;
};

// NOT_FOUND or DATA_LOSS names the file and what is wrong with it.
StatusOr<GoldenFolder> OpenGoldenFolder(FileSystem& files, const std::string& path);
StatusOr<GoldenFile> OpenGoldenFile(FileSystem& files, const GoldenFolder& folder,
                                    const std::string& name);

}  // namespace gvsl::model
