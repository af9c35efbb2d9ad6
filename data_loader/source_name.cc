#include "data_loader/source_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "common/file_system.h"
#include "common/text.h"
#include "data_loader/nifti_names.h"

namespace gvsl::data_loader {
namespace {

using Parts = std::vector<std::string>;

constexpr std::size_t kBidsLevels = 3;  // sub-01/ses-1/anat/FILE
constexpr std::array<std::string_view, 42> kKinds = {
    "t1",     "t1w",    "t1c", "t1ce", "t1gd",   "t1n",     "t2",    "t2w",    "t2f",
    "t2star", "flair",  "pd",  "pdw",  "dwi",    "adc",     "dti",   "bold",   "swi",
    "asl",    "mra",    "mri", "mr",   "mprage", "mp2rage", "ct",    "cta",    "cbct",
    "pet",    "spect",  "us",  "anat", "func",   "fmap",    "image", "images", "img",
    "scan",   "volume", "vol", "orig", "label",  "seg"};

std::string Lower(std::string text) {
  for (char& letter : text)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return text;
}

Parts PartsOf(const std::string& path) {
  Parts parts;
  for (const auto& part : std::filesystem::path(path)) {
    if (part != "/" && !part.empty()) parts.push_back(part.string());
  }
  return parts;
}

std::string Joined(const Parts& parts, std::size_t count) {
  return Join(Parts(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count)), "/");
}

// "case7_t1" without its last words for kinds of image: "case7"; empty when nothing else is in it.
std::string WithoutKinds(const std::string& name) {
  std::size_t end = name.size();
  while (end > 0) {
    const std::size_t separator = name.find_last_of("_-. ", end - 1);
    const std::size_t begin = separator == std::string::npos ? 0 : separator + 1;
    const std::string word = Lower(name.substr(begin, end - begin));
    const bool kind = std::find(kKinds.begin(), kKinds.end(), word) != kKinds.end();
    if (!kind && !word.empty()) break;
    end = begin == 0 ? 0 : separator;
  }
  return name.substr(0, end);
}

// "sub-01" of "sub-01_ses-1_T1w"; empty when the name does not begin so.
std::string BidsLabel(const std::string& name) {
  if (!name.starts_with("sub-")) return "";
  const std::string label = name.substr(0, name.find_first_of("_."));
  return label.size() > 4 ? label : "";
}

// How many of the folders lead to the place where a study's subjects lie.
std::size_t StudyDepth(const Parts& folders, std::size_t depth) {
  if (depth > 1 && folders[depth - 2] == "derivatives") return depth - 2;
  if (depth > 0 && (folders[depth - 1] == "rawdata" || folders[depth - 1] == "sourcedata" ||
                    folders[depth - 1] == "derivatives")) {
    return depth - 1;
  }
  return depth;
}

std::string BidsSubject(const Parts& folders, std::size_t outermost, const std::string& stem) {
  std::string label = BidsLabel(stem);
  for (std::size_t i = folders.size(); label.empty() && i > outermost; --i) {
    label = BidsLabel(folders[i - 1]);
  }
  if (label.empty()) return "";
  std::size_t depth = folders.size();
  for (std::size_t i = outermost; i < folders.size(); ++i) {
    if (BidsLabel(folders[i]) == label) depth = std::min(depth, i);
  }
  return Concat("bids ", Joined(folders, StudyDepth(folders, depth)), "/", label);
}

}  // namespace

std::string RootOf(const std::string& path, const std::vector<std::string>& roots) {
  std::string best = path;
  for (const std::string& root : roots) {
    const bool holds = path == root || path.starts_with(root.ends_with("/") ? root : root + "/");
    if (holds && root.size() < best.size()) best = root;
  }
  return best;
}

SourceName NameOf(const VolumeSource& source, const std::vector<std::string>& roots) {
  const std::string& file = source.files.empty() ? source.path : source.files.front();
  const std::string root = RootOf(file, roots);
  const bool single = root == file;
  const std::string folder = single ? ParentPath(root) : root;
  std::string relative =
      file.substr(std::min(file.size(), folder.size() + (folder == "/" ? 0 : 1)));
  if (NiftiSourceStem(file).empty()) {
    relative = single || ParentPath(relative) == "." ? "" : ParentPath(relative);
  } else {
    relative.resize(relative.size() - (IsGzipName(relative) ? 7 : 4));
  }
  return {std::filesystem::path(folder).filename().string(), relative, source.stem};
}

std::string SubjectByName(const std::string& file, const std::string& root) {
  const std::string stem = NiftiSourceStem(file).empty()
                               ? std::filesystem::path(file).filename().string()
                               : NiftiSourceStem(file);
  const Parts folders = PartsOf(ParentPath(file));
  const std::size_t root_depth = root == file ? 0 : PartsOf(root).size();
  // The root's own name counts, what it lies in does not.
  const std::size_t below = root_depth == 0 ? 0 : root_depth - 1;
  const std::size_t levels = folders.size() > kBidsLevels ? folders.size() - kBidsLevels : 0;
  const std::string bids = BidsSubject(folders, std::max(below, levels), stem);
  if (!bids.empty()) return bids;
  const std::string base = WithoutKinds(stem);
  if (!base.empty()) return Concat("file ", Joined(folders, folders.size()), "/", base);
  std::size_t depth = folders.size();
  while (depth > std::max<std::size_t>(below, 1) && WithoutKinds(folders[depth - 1]).empty())
    --depth;
  return Concat("folder ", Joined(folders, depth));
}

}  // namespace gvsl::data_loader
