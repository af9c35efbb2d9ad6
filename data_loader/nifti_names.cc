#include "data_loader/nifti_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <vector>

namespace gvsl::data_loader {
namespace {

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

NiftiKind KindOf(const std::string& ending) {
  if (ending == ".nii") return NiftiKind::kSingle;
  if (ending == ".hdr") return NiftiKind::kHeader;
  return ending == ".img" ? NiftiKind::kImage : NiftiKind::kNone;
}

// As on the disk: file systems tell capitals from small letters.
std::string Beside(const std::string& path, const std::array<std::string, 3>& endings) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const std::string stem = ParseNiftiName(path).stem;
  std::vector<std::string> compressions = {"", ".gz", ".GZ"};
  if (IsGzipName(path)) compressions = {".gz", ".GZ", ""};
  for (const std::string& compression : compressions) {
    for (const std::string& ending : endings) {
      const std::string name =
          (folder / std::string(stem).append(ending).append(compression)).string();
      std::error_code error;
      if (std::filesystem::is_regular_file(name, error)) return name;
    }
  }
  return "";
}

}  // namespace

bool IsGzipName(const std::string& path) { return LowerCase(path).ends_with(".gz"); }

NiftiName ParseNiftiName(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  if (IsGzipName(name)) name.resize(name.size() - 3);
  if (name.size() <= 4) return {};
  const NiftiKind kind = KindOf(LowerCase(name.substr(name.size() - 4)));
  if (kind == NiftiKind::kNone) return {};
  name.resize(name.size() - 4);
  return {kind, name};
}

std::string NiftiStem(const std::string& path) {
  const NiftiName name = ParseNiftiName(path);
  return name.kind == NiftiKind::kSingle ? name.stem : "";
}

std::string NiftiSourceStem(const std::string& path) {
  const NiftiName name = ParseNiftiName(path);
  return name.kind == NiftiKind::kHeader ? name.stem : NiftiStem(path);
}

std::string ImageBeside(const std::string& header) {
  return Beside(header, {".img", ".IMG", ".Img"});
}

std::string HeaderBeside(const std::string& image) {
  return Beside(image, {".hdr", ".HDR", ".Hdr"});
}

}  // namespace gvsl::data_loader
