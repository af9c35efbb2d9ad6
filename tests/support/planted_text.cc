#include "tests/support/planted_text.h"

#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace gvsl::testing {
namespace {

constexpr char kText[] = "ZQX";
constexpr char kDate[] = "19111213";
constexpr char kTime[] = "111213.98";
constexpr char kUid[] = "1.2.3.99999";
constexpr char kAge[] = "987Y";

constexpr std::array<Uint16, 11> kGroups = {0x0008, 0x0010, 0x0012, 0x0018, 0x0020, 0x0032,
                                            0x0038, 0x0040, 0x0088, 0x4008, 0xfffa};

// What says which kind of image it is, what tells slices apart, or where they lie.
bool SaysWhatItIs(const DcmTagKey& tag) {
  const std::array kept = {DCM_SpecificCharacterSet,
                           DCM_ImageType,
                           DCM_SOPClassUID,
                           DCM_Modality,
                           DCM_SeriesInstanceUID,
                           DCM_SOPInstanceUID,
                           DCM_InstanceNumber,
                           DCM_ComplexImageComponent,
                           DCM_FrameType,
                           DCM_StackID,
                           DCM_AcquisitionTime,
                           DCM_AcquisitionDate,
                           DCM_AcquisitionDateTime,
                           DCM_FrameAcquisitionDateTime};
  return std::find(kept.begin(), kept.end(), tag) != kept.end();
}

std::string ValueOf(DcmEVR kind, const DcmTagKey& tag) {
  char value[64];
  switch (kind) {
    case EVR_DA:
      return kDate;
    case EVR_TM:
      return kTime;
    case EVR_DT:
      return std::string(kDate) + kTime;
    case EVR_AS:
      return kAge;
    case EVR_UI:
      std::snprintf(value, sizeof(value), "%s.%u.%u", kUid, tag.getGroup(), tag.getElement());
      return value;
    case EVR_AE:
    case EVR_CS:
    case EVR_LO:
    case EVR_LT:
    case EVR_PN:
    case EVR_SH:
    case EVR_ST:
    case EVR_UC:
    case EVR_UR:
    case EVR_UT:
      std::snprintf(value, sizeof(value), "%s%04X%04X", kText, tag.getGroup(), tag.getElement());
      return value;
    default:
      return "";
  }
}

std::vector<DcmTag> TextTags() {
  std::vector<DcmTag> tags;
  const DcmDataDictionary& dictionary = dcmDataDict.rdlock();
  auto& entries = const_cast<DcmDataDictionary&>(dictionary);
  for (auto it = entries.normalBegin(); it != entries.normalEnd(); ++it) {
    const DcmDictEntry& entry = **it;
    const DcmTagKey key = entry.getKey();
    const bool in_group =
        std::find(kGroups.begin(), kGroups.end(), key.getGroup()) != kGroups.end();
    if (!in_group || entry.getPrivateCreator() != nullptr || SaysWhatItIs(key)) continue;
    if (!ValueOf(entry.getEVR(), key).empty()) tags.emplace_back(key, entry.getEVR());
  }
  dcmDataDict.rdunlock();
  return tags;
}

void Put(DcmItem& item, const DcmTag& tag, const std::string& value) {
  if (item.putAndInsertString(tag, value.c_str()).bad()) throw std::runtime_error("plant " + value);
}

void PutPrivate(DcmItem& item) {
  Put(item, DcmTag(0x0029, 0x0010, EVR_LO), "ZQXMAKER");
  Put(item, DcmTag(0x0029, 0x1001, EVR_LO), "ZQXPRIVATE");
  const std::string bytes = "ZQXBYTES";
  const auto* data = reinterpret_cast<const Uint8*>(bytes.data());
  item.putAndInsertUint8Array(DcmTag(0x0029, 0x1002, EVR_OB), data, bytes.size());
  item.putAndInsertUint8Array(DcmTag(0x0029, 0x1003, EVR_UN), data, bytes.size());
}

}  // namespace

std::vector<std::string> PlantedText() { return {kText, kDate, kTime, kUid, kAge}; }

int PlantInDicom(const std::string& path, const std::string& patient) {
  DcmFileFormat file;
  if (file.loadFile(path.c_str()).bad() || file.loadAllDataIntoMemory().bad()) {
    throw std::runtime_error("load " + path);
  }
  DcmDataset& dataset = *file.getDataset();
  const std::vector<DcmTag> tags = TextTags();
  DcmItem* outer = nullptr;
  DcmItem* inner = nullptr;
  dataset.findOrCreateSequenceItem(DCM_RequestAttributesSequence, outer, 0);
  outer->findOrCreateSequenceItem(DCM_RequestedProcedureCodeSequence, inner, 0);
  for (DcmItem* item : {static_cast<DcmItem*>(&dataset), outer, inner}) {
    for (const DcmTag& tag : tags) Put(*item, tag, ValueOf(tag.getEVR(), tag));
    PutPrivate(*item);
  }
  if (!patient.empty()) Put(dataset, DCM_PatientID, patient);
  const E_TransferSyntax syntax = dataset.getOriginalXfer();
  if (file.saveFile(path.c_str(), syntax).bad()) throw std::runtime_error("save " + path);
  return static_cast<int>(tags.size());
}

void PlantInNifti(const std::string& path) {
  constexpr std::array<std::array<int, 2>, 5> kFields = {
      {{4, 10}, {14, 18}, {148, 80}, {228, 24}, {328, 16}}};  // offset and bytes
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  for (const auto& [offset, bytes] : kFields) {
    file.seekp(offset);
    const std::string text = std::string(kText) + "NIFTI";
    file.write(text.data(), std::min<std::streamsize>(bytes, static_cast<int>(text.size())));
  }
  if (!file.flush()) throw std::runtime_error("write " + path);
}

}  // namespace gvsl::testing
