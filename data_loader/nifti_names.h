// What NIfTI files are called, and which two make a pair.
#pragma once

#include <string>

namespace gvsl::data_loader {

enum class NiftiKind { kNone, kSingle, kHeader, kImage };  // .nii, .hdr, .img; or with .gz behind

struct NiftiName {
  NiftiKind kind = NiftiKind::kNone;
  std::string stem;  // without directory and these endings, which may have capitals
};
NiftiName ParseNiftiName(const std::string& path);

// Ends in .gz, in small letters or capitals.
bool IsGzipName(const std::string& path);
// The stem of a .nii or .nii.gz; empty for all other names.
std::string NiftiStem(const std::string& path);
// Likewise, and of the header of a pair: what a NIfTI image is found by.
std::string NiftiSourceStem(const std::string& path);

// The .img (.img.gz) of the same stem beside a .hdr (.hdr.gz), and the other way round; one that is
// compressed alike is preferred. Empty where the disk has none.
std::string ImageBeside(const std::string& header);
std::string HeaderBeside(const std::string& image);

}  // namespace gvsl::data_loader
