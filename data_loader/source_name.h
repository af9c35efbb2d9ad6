// What a file is called below its input folder, and whose it is by that name. Pure: nothing is read
// from the disk.
#pragma once

#include <string>
#include <vector>

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

struct SourceName {
  std::string root;      // the input folder's own name: "site1"
  std::string relative;  // below it, without .nii, .hdr and .gz: "sub-01/anat/T1w"; of a DICOM
                         // series its folder: "sub-02/series", empty when that is the input itself
  std::string stem;      // "T1w"; of a DICOM series the folder's name
};

// `roots` are absolute folders or files; the outermost that holds the source counts.
SourceName NameOf(const VolumeSource& source, const std::vector<std::string>& roots);

// Equal for files that their names say to be of one subject, absolute paths `file` and `root`:
//  - BIDS: "sub-LABEL" in the file's name, or the innermost folder of that name below the root
//  (three
//    levels up at most): one subject for each label and place; derivatives/X, rawdata and
//    sourcedata are the same place as what they lie in;
//  - else words for a kind of image (t1, flair, ct, seg, image, ...) are taken off the stem's end,
//  and
//    what remains names the subject within its folder: "case7_t1" and "case7_t2" are one;
//  - nothing remains ("t1.nii", "image.nii"): the folder is the subject, folders that are called
//  for
//    a kind of image ("anat") being passed over.
// Equal stems in different folders are never one subject for that alone.
std::string SubjectByName(const std::string& file, const std::string& root);

// The outermost of `roots` that is `path` or holds it; `path` itself where none does.
std::string RootOf(const std::string& path, const std::vector<std::string>& roots);

}  // namespace gvsl::data_loader
