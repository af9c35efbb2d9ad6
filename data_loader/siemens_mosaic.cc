#include "data_loader/siemens_mosaic.h"

#include <charconv>
#include <cmath>
#include <map>
#include <string>

#include "data_loader/siemens_csa.h"

namespace gvsl::data_loader {
namespace {

constexpr std::int64_t kMostSlices = 1024;

std::optional<double> Number(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '=')) {
    text.remove_prefix(1);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// "sSliceArray.asSlice[3].sPosition.dTra = -63.1"; what is not written is 0.
std::map<std::int64_t, Vector3> ProtocolPositions(std::string_view protocol) {
  constexpr std::string_view kSlice = "sSliceArray.asSlice[", kPosition = "].sPosition.d";
  constexpr std::array<std::string_view, 3> kAxes = {"Sag", "Cor", "Tra"};
  std::map<std::int64_t, Vector3> positions;
  for (std::size_t at = protocol.find(kSlice); at != std::string_view::npos;
       at = protocol.find(kSlice, at)) {
    at += kSlice.size();
    std::int64_t slice = 0;
    const char* const end = protocol.data() + protocol.size();
    const auto read = std::from_chars(protocol.data() + at, end, slice);
    if (read.ec != std::errc() || slice < 0 || slice >= kMostSlices) continue;
    std::string_view rest(read.ptr, static_cast<std::size_t>(end - read.ptr));
    if (!rest.starts_with(kPosition)) continue;
    rest.remove_prefix(kPosition.size());
    for (std::size_t axis = 0; axis < kAxes.size(); ++axis) {
      if (!rest.starts_with(kAxes[axis])) continue;
      positions[slice][axis] = Number(rest.substr(kAxes[axis].size())).value_or(std::nan(""));
    }
  }
  return positions;
}

// A slice in the middle of the scanner has no position written; it is that of 0.
std::optional<Vector3> EvenStep(std::map<std::int64_t, Vector3> positions, std::int64_t slices) {
  if (positions.empty() || positions.rbegin()->first >= slices) return std::nullopt;
  const Vector3 whole = Subtract(positions[slices - 1], positions[0]);
  const Vector3 step = Scale(whole, 1.0 / static_cast<double>(slices - 1));
  const double spacing = Length(step);
  for (std::int64_t i = 0; i < slices; ++i) {
    const Vector3 expected = Add(positions[0], Scale(step, static_cast<double>(i)));
    const double off = Length(Subtract(positions[i], expected));
    if (!(off <= 0.02 * spacing)) return std::nullopt;
  }
  return spacing > 0 ? std::optional(step) : std::nullopt;
}

}  // namespace

std::optional<Mosaic> ReadMosaic(std::span<const std::uint8_t> image_header,
                                 std::span<const std::uint8_t> series_header) {
  Mosaic mosaic;
  const auto counts = CsaValues(image_header, "NumberOfImagesInMosaic");
  const auto normal = CsaValues(image_header, "SliceNormalVector");
  if (counts.empty() || normal.size() < 3) return std::nullopt;
  const double slices = Number(counts[0]).value_or(0);
  if (!(slices >= 2 && slices <= static_cast<double>(kMostSlices))) return std::nullopt;
  mosaic.slices = static_cast<std::int64_t>(slices);
  for (std::size_t i = 0; i < 3; ++i) mosaic.normal[i] = Number(normal[i]).value_or(0);
  const double length = Length(mosaic.normal);
  if (std::abs(length - 1) > 0.01) return std::nullopt;
  mosaic.normal = Scale(mosaic.normal, 1 / length);
  auto protocol = CsaValues(series_header, "MrPhoenixProtocol");
  if (protocol.empty()) protocol = CsaValues(series_header, "MrProtocol");
  if (protocol.empty()) return std::nullopt;
  const auto step = EvenStep(ProtocolPositions(protocol[0]), mosaic.slices);
  if (!step || Dot(*step, mosaic.normal) <= 0) return std::nullopt;
  mosaic.spacing = Length(*step);
  return mosaic;
}

std::vector<SliceGeometry> TilesOf(const SliceGeometry& picture, const Mosaic& mosaic) {
  std::int64_t side = 1;
  while (side * side < mosaic.slices) ++side;
  if (picture.rows % side != 0 || picture.columns % side != 0) return {};
  const Vector3 row = RowDirection(picture), column = ColumnDirection(picture);
  const Vector3 across = Cross(row, column);
  if (std::abs(Dot(across, mosaic.normal)) < 0.999) return {};
  SliceGeometry tile = picture;
  tile.rows /= side;
  tile.columns /= side;
  const double right =
      picture.pixel_spacing[1] * static_cast<double>(picture.columns - tile.columns) / 2;
  const double down = picture.pixel_spacing[0] * static_cast<double>(picture.rows - tile.rows) / 2;
  const Vector3 first = Add(picture.position, Add(Scale(row, right), Scale(column, down)));
  std::vector<SliceGeometry> tiles;
  for (std::int64_t k = 0; k < mosaic.slices; ++k) {
    tile.position = Add(first, Scale(mosaic.normal, mosaic.spacing * static_cast<double>(k)));
    tiles.push_back(tile);
  }
  return tiles;
}

SliceValues CutTile(const SliceValues& picture, std::int64_t columns, const SliceGeometry& tile,
                    std::size_t index) {
  SliceValues cut;
  cut.contradictions = picture.contradictions;
  const std::int64_t side = columns / tile.columns, k = static_cast<std::int64_t>(index);
  for (std::int64_t y = 0; y < tile.rows; ++y) {
    const std::int64_t begin = (k / side * tile.rows + y) * columns + k % side * tile.columns;
    const auto row = picture.values.begin() + begin;
    cut.values.insert(cut.values.end(), row, row + tile.columns);
    if (picture.padding.empty()) continue;
    const auto padding = picture.padding.begin() + begin;
    cut.padding.insert(cut.padding.end(), padding, padding + tile.columns);
  }
  return cut;
}

}  // namespace gvsl::data_loader
