#include "tests/support/csa_maker.h"

#include "common/text.h"

namespace gvsl::testing {
namespace {

std::string Number(std::uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string Padded(std::string text, std::size_t length) {
  text.resize(length);
  return text;
}

}  // namespace

std::string MakeCsa(const CsaElements& elements, bool older) {
  std::string bytes = older ? "" : std::string("SV10\4\3\2\1", 8);
  bytes += Number(static_cast<std::uint32_t>(elements.size())) + Number(77);
  constexpr std::uint32_t kItems = 6;  // more than there are values, as scanners do it
  for (const auto& [name, values] : elements) {
    bytes += Padded(name, 64) + Number(static_cast<std::uint32_t>(values.size())) + "DS" +
             std::string(2, '\0') + Number(3) + Number(kItems) + Number(77);
    for (std::uint32_t item = 0; item < kItems; ++item) {
      std::string value = item < values.size() ? values[item] + std::string(" \0", 2) : "";
      const auto length = static_cast<std::uint32_t>(value.size());
      const std::uint32_t stated = older ? length + kItems : length;
      bytes += Number(stated) + Number(length) + Number(77) + Number(length);
      bytes += Padded(value, (value.size() + 3) / 4 * 4);
    }
  }
  return bytes;
}

std::string MakeProtocol(int slices, double first, double step) {
  std::string text = "### ASCCONV BEGIN ###\nsSliceArray.lSize = " + Concat(slices) + "\n";
  for (int i = 0; i < slices; ++i) {
    const double place = first + step * i;
    const std::string slice = Concat("sSliceArray.asSlice[", i, "].");
    text += Concat(slice, "dThickness\t = 9\n");
    if (place != 0) text += Concat(slice, "sPosition.dTra\t = ", place, "\n");
  }
  return text + "### ASCCONV END ###";
}

}  // namespace gvsl::testing
