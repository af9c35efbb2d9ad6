// A NIfTI file, packed or not, or a pair of header and image, as a volume and as a label map.
#include <array>
#include <string>
#include <vector>

#include "data_loader/nifti_reader.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/scratch_folder.h"
#include "tests/fuzz/volume_demands.h"

namespace gvsl::fuzz {

int RunNifti(Bytes bytes) {
  static const ScratchFolder folder;
  if (bytes.empty()) return 0;
  constexpr std::array kNames = {"one.nii", "one.nii.gz", "one.hdr"};
  const std::string name = kNames[bytes[0] % kNames.size()];
  const auto parts = PartsOf(bytes.subspan(1));
  const bool is_pair = name == "one.hdr";
  const std::string path = folder.Write(name, is_pair ? parts.front() : TextOf(bytes.subspan(1)));
  std::vector<std::string> files = {path};
  if (is_pair) files.push_back(folder.Write("one.img", parts.back()));
  data_loader::NiftiReader reader;
  ReadAll(reader, files, folder.path());
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
