// A NIfTI file, packed or not, as a volume and as a label map.
#include <string>

#include "data_loader/nifti_reader.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/scratch_folder.h"
#include "tests/fuzz/volume_demands.h"

namespace gvsl::fuzz {

int RunNifti(Bytes bytes) {
  static const ScratchFolder folder;
  if (bytes.empty()) return 0;
  const bool is_packed = bytes[0] % 2 == 1;
  const std::string path =
      folder.Write(is_packed ? "one.nii.gz" : "one.nii", TextOf(bytes.subspan(1)));
  data_loader::NiftiReader reader;
  ReadAll(reader, {path}, folder.path());
  const auto labels = data_loader::Guarded([&] { return data_loader::ReadLabelMap(path); });
  if (const auto* map = std::get_if<data_loader::LabelMap>(&labels)) {
    const auto voxels = static_cast<std::size_t>(map->size[0] * map->size[1] * map->size[2]);
    Demand(map->values.size() == voxels, "not as many labels as said");
  } else {
    DemandReason(std::get<data_loader::Rejection>(labels), folder.path());
  }
  return 0;
}

}  // namespace gvsl::fuzz
