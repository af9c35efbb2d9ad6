#include "data_loader/archive.h"

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

constexpr char kImplementation[] = "2.25.156203374903122407412239015486370274811";

std::string LittleEndian(std::uint32_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>((number >> (8 * i)) & 0xff);
  return text;
}

std::string UidElement(std::uint16_t element, std::string uid) {
  if (uid.size() % 2 != 0) uid += '\0';
  return LittleEndian(2, 2) + LittleEndian(element, 2) + "UI" +
         LittleEndian(static_cast<std::uint32_t>(uid.size()), 2) + uid;
}

}  // namespace

StatusOr<std::string> FileHeader(const ArchiveObject& object) {
  for (const std::string& uid : {object.sop_class, object.sop_instance, object.transfer_syntax}) {
    if (!IsUid(uid)) return DataLossError("the archive sent an object without valid UIDs");
  }
  const std::string version = LittleEndian(2, 2) + LittleEndian(1, 2) + std::string("OB\0\0", 4) +
                              LittleEndian(2, 4) + std::string("\0\1", 2);
  const std::string elements =
      version + UidElement(0x02, object.sop_class) + UidElement(0x03, object.sop_instance) +
      UidElement(0x10, object.transfer_syntax) + UidElement(0x12, kImplementation);
  return std::string(128, '\0') + "DICM" + LittleEndian(2, 2) + LittleEndian(0, 2) + "UL" +
         LittleEndian(4, 2) + LittleEndian(static_cast<std::uint32_t>(elements.size()), 4) +
         elements;
}

}  // namespace gvsl::data_loader
