// The private headers of Siemens scanners.
#include "data_loader/siemens_csa.h"

#include <cmath>

#include "data_loader/siemens_mosaic.h"
#include "tests/fuzz/parts.h"

namespace gvsl::fuzz {

int RunSiemensCsa(Bytes bytes) {
  const auto parts = PartsOf(bytes);
  const Bytes image = BytesOf(parts.front()), series = BytesOf(parts.back());
  for (const auto& value : data_loader::CsaValues(image, "SliceNormalVector")) {
    Demand(value.size() <= image.size(), "a value longer than its header");
  }
  const auto mosaic = data_loader::ReadMosaic(image, series);
  if (!mosaic) return 0;
  Demand(mosaic->slices >= 2 && std::isfinite(mosaic->spacing) && mosaic->spacing > 0,
         "a mosaic that cannot be");
  const data_loader::SliceGeometry picture{{0, 0, 0}, {1, 0, 0, 0, 1, 0}, {1, 1}, 64, 64};
  const auto tiles = data_loader::TilesOf(picture, *mosaic);
  Demand(tiles.empty() || static_cast<std::int64_t>(tiles.size()) == mosaic->slices,
         "not as many tiles as slices");
  return 0;
}

}  // namespace gvsl::fuzz
