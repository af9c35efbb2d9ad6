#include "model/parity/golden_folder.h"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include "common/text.h"

namespace gvsl::model {
namespace {

at::ScalarType TypeOf(DType dtype) {
  if (dtype == DType::kF64) return at::kDouble;
  if (dtype == DType::kF32) return at::kFloat;
  if (dtype == DType::kU8) return at::kByte;
  throw std::runtime_error(Concat("no golden tensor is ", DTypeName(dtype)));
}

GoldenFolder Interpret(nlohmann::json index) {
  GoldenFolder folder;
  folder.run = index.at("seed").get<std::uint32_t>();
  for (const auto& [name, entry] : index.at("cases").items()) {
    folder.cases.push_back({.name = name,
                            .size = entry.at("size").get<std::array<std::int64_t, 3>>(),
                            .batch = entry.at("batch").get<int>()});
    const GoldenCase& read = folder.cases.back();
    const bool possible = *std::min_element(read.size.begin(), read.size.end()) >= 3 &&
                          *std::max_element(read.size.begin(), read.size.end()) <= 4096 &&
                          read.batch >= 1 && read.batch <= 4096;
    if (!possible) throw std::runtime_error(Concat("case ", name, " has an impossible size"));
  }
  folder.width = index.at("params").at(0).at("shape").at(0).get<std::int64_t>();
  folder.index = std::move(index);
  return folder;
}

}  // namespace

at::Tensor GoldenFile::Read(const std::string& tensor) const {
  const auto view = file_.Find(tensor);
  if (!view.ok()) throw std::runtime_error(Concat(path_, " has no tensor ", tensor));
  read_.insert(tensor);
  return at::from_blob(const_cast<char*>(view->bytes.data()), view->shape, TypeOf(view->dtype))
      .clone();
}

at::Tensor GoldenFile::Read(const std::string& tensor, at::ScalarType dtype) const {
  return Read(tensor).to(dtype);
}

double GoldenFile::Scalar(const std::string& tensor) const {
  return Read(tensor).to(at::kDouble).item<double>();
}

std::set<std::string> GoldenFile::Unread() const {
  std::set<std::string> names;
  for (const auto& [name, view] : file_.tensors()) {
    if (!read_.contains(name)) names.insert(name);
  }
  return names;
}

StatusOr<GoldenFolder> OpenGoldenFolder(FileSystem& files, const std::string& path) {
  const std::string name = JoinPath(path, "index.json");
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadFile(files, name));
  try {
    GoldenFolder folder = Interpret(nlohmann::json::parse(text));
    folder.path = path;
    return folder;
  } catch (const std::exception& error) {
    return DataLossError(Concat(name, ": ", error.what()));
  }
}

StatusOr<GoldenFile> OpenGoldenFile(FileSystem& files, const GoldenFolder& folder,
                                    const std::string& name) {
  const std::string path = JoinPath(folder.path, name + ".safetensors");
  auto file = SafetensorsFile::Open(files, path);
  if (!file.ok()) return file.status().WithContext(path);
  return GoldenFile(*std::move(file), path);
}

}  // namespace gvsl::model
