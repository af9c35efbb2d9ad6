#include "data_loader/lone_image_reader.h"

#include "data_loader/nifti_names.h"

namespace gvsl::data_loader {
namespace {

const Rejection kWithoutHeader = {
    "IMAGE_WITHOUT_HEADER",
    "it is called .img, and no .hdr that says what its voxels are is beside it"};

}  // namespace

ScanResult LoneImageReader::Scan(const std::vector<std::string>& files) {
  ScanResult result;
  for (const std::string& file : files) {
    if (ParseNiftiName(file).kind == NiftiKind::kImage && HeaderBeside(file).empty()) {
      result.rejected.push_back({file, kWithoutHeader});
    } else {
      result.left.push_back(file);
    }
  }
  return result;
}

VolumeExtent LoneImageReader::Extent(const VolumeSource& /*source*/) { return {}; }

OrRejection<RawVolume> LoneImageReader::Read(const VolumeSource& /*source*/) {
  return kWithoutHeader;
}

}  // namespace gvsl::data_loader
