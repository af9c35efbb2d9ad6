#include "data_loader/dicom_problem.h"

#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <cmath>

#include "common/text.h"
#include "data_loader/dicom_functional_groups.h"
#include "data_loader/dicom_tags.h"
#include "data_loader/object_kind.h"
#include "data_loader/transfer_syntax.h"

namespace gvsl::data_loader {

namespace {

bool IsMosaic(DcmDataset& dataset) {
  return Text(dataset, DCM_ImageType).find("MOSAIC") != std::string::npos;
}

bool HasColours(DcmDataset& dataset) {
  const std::string kind = Text(dataset, DCM_PhotometricInterpretation);
  return Unsigned(dataset, DCM_SamplesPerPixel) > 1 ||
         (!kind.empty() && !kind.starts_with("MONOCHROME"));
}

// As many bytes as its frames need, where they are not compressed.
bool HasAllPixels(DcmDataset& dataset) {
  DcmElement* pixels = nullptr;
  if (dataset.findAndGetElement(DCM_PixelData, pixels).bad()) return false;
  const auto frames = static_cast<double>(std::max<std::int64_t>(FrameCount(dataset), 1));
  const auto bits =
      static_cast<double>(Unsigned(dataset, DCM_Rows) * Unsigned(dataset, DCM_Columns) *
                          Unsigned(dataset, DCM_BitsAllocated));
  return static_cast<double>(pixels->getLength()) >= std::floor(frames * bits / 8);
}

constexpr std::size_t kMostFrames = 65536;

// Frames that lie somewhere are described one by one.
Rejection FrameProblem(DcmDataset& dataset, bool has_mosaic) {
  const auto frames = static_cast<std::size_t>(std::max<std::int64_t>(FrameCount(dataset), 1));
  const FunctionalGroups groups(dataset);
  const std::size_t described = groups.frames().size();
  if (frames == 1 && described <= 1) return {};
  if (!groups.any() || has_mosaic) {
    return {"MULTI_FRAME",
            "nothing says where its frames lie in space; convert it to single frames or to NIfTI"};
  }
  if (frames > kMostFrames) {
    return {"MULTI_FRAME", Concat("it has ", frames, " frames; more than ", kMostFrames,
                                  " are not read; export it in parts")};
  }
  if (described == frames) return {};
  return {"MULTI_FRAME", Concat("it describes ", described, " frames, and has ", frames,
                                " by its header; export it again")};
}

Rejection PixelProblem(const std::string& path, DcmDataset& dataset, bool has_mosaic) {
  if (HasColours(dataset)) {
    return {"COLOR_IMAGE", "its pixels are colours; only grey values can be used"};
  }
  if (Rejection found = FrameProblem(dataset, has_mosaic); !found.code.empty()) return found;
  if (Text(dataset, DCM_ImageType).find("LOCALIZER") != std::string::npos) {
    return {"LOCALIZER", "it is a picture to plan others with, no volume: nothing is to be done"};
  }
  if (IsMosaic(dataset) && !has_mosaic) {
    return {"MOSAIC",
            "its slices lie side by side, and the scanner's private elements are gone or do not "
            "say where each is; export it with them, or as single slices"};
  }
  if (dataset.tagExistsWithValue(DCM_ModalityLUTSequence)) {
    return {"LOOKUP_TABLE",
            "its values go through a table; export it with a rescale slope and intercept"};
  }
  const std::int64_t bits = Unsigned(dataset, DCM_BitsAllocated);
  if (bits != 8 && bits != 16) {
    return {"UNSUPPORTED_PIXELS", Concat("pixels of ", bits, " bits are not read")};
  }
  if (CodingOf(dataset) == PixelCoding::kNative && !HasAllPixels(dataset)) return Truncated(path);
  return {};
}

// Before anything else is believed of a data set that DCMTK may not even be able to parse. Without
// a meta header the data set itself showed which it is.
Rejection SyntaxProblem(DcmMetaInfo& meta) {
  const std::string uid = Text(meta, DCM_TransferSyntaxUID);
  if (uid.empty()) return {};
  const TransferSyntax* syntax = FindTransferSyntax(uid);
  if (syntax == nullptr) {
    return {"UNSUPPORTED_TRANSFER_SYNTAX",
            "it is coded in a way that is not known here, such as a maker's own; have the archive "
            "send it uncompressed"};
  }
  if (syntax->coding != PixelCoding::kNotRead) return {};
  return {"UNSUPPORTED_TRANSFER_SYNTAX",
          Concat("its pixels are ", syntax->name,
                 ", which is not read; have the archive send them uncompressed or as JPEG 2000")};
}

bool IsPlaced(DcmDataset& dataset) {
  return dataset.tagExistsWithValue(DCM_ImagePositionPatient) || FunctionalGroups(dataset).any();
}

bool IsDirectory(DcmFileFormat& file) {
  return Text(*file.getMetaInfo(), DCM_MediaStorageSOPClassUID) ==
             UID_MediaStorageDirectoryStorage ||
         file.getDataset()->tagExists(DCM_DirectoryRecordSequence);
}

}  // namespace

// One walk over the elements: private header blocks are reserved by their makers, in any order of
// numbers.
std::optional<Mosaic> MosaicOf(DcmDataset& dataset) {
  if (!IsMosaic(dataset)) return std::nullopt;
  std::span<const std::uint8_t> image, series;
  std::optional<Uint16> block;
  DcmObject* object = nullptr;
  while ((object = dataset.nextInContainer(object)) != nullptr) {
    auto* element = dynamic_cast<DcmElement*>(object);
    if (element == nullptr || element->getGTag() != 0x0029) continue;
    const Uint16 number = element->getETag();
    OFString creator;
    if (number <= 0xff) {
      const bool is_csa =
          element->getOFStringArray(creator).good() && creator.find("SIEMENS CSA HEADER") == 0;
      if (is_csa) block = number;
    } else if (block && number >> 8 == *block) {
      Uint8* bytes = nullptr;
      if (element->getUint8Array(bytes).bad() || bytes == nullptr) continue;
      if ((number & 0xff) == 0x10) image = {bytes, element->getLength()};
      if ((number & 0xff) == 0x20) series = {bytes, element->getLength()};
    }
  }
  return ReadMosaic(image, series);
}

Rejection ObjectProblem(const std::string& path, DcmFileFormat& file, DicomLoad load,
                        bool has_mosaic) {
  DcmDataset& dataset = *file.getDataset();
  if (Rejection found = SyntaxProblem(*file.getMetaInfo()); !found.code.empty()) return found;
  if (load == DicomLoad::kExcessive) {
    return {"EXCESSIVE_STRUCTURE",
            "its sequences are nested without end, it has more elements than an image, or its "
            "deflated data becomes too much: if it is an image, have it sent uncompressed"};
  }
  if (load == DicomLoad::kIncomplete) return Truncated(path);
  if (IsDirectory(file)) {
    return {"DICOMDIR",
            "it is the list of a disk's files, which are found without it: nothing is to be done"};
  }
  if (Rejection found = ProblemOfKind(Text(dataset, DCM_SOPClassUID)); !found.code.empty()) {
    return found;
  }
  if (dataset.tagExists(DCM_FloatPixelData) || dataset.tagExists(DCM_DoubleFloatPixelData)) {
    return {"UNSUPPORTED_PIXELS", "its pixels are floating-point numbers, which are not read"};
  }
  if (!dataset.tagExists(DCM_Rows) || !dataset.tagExists(DCM_PixelData)) {
    return {"NOT_AN_IMAGE", "it is a DICOM object without pixels, such as raw data"};
  }
  if (!IsPlaced(dataset)) {
    Rejection found = ProblemOfCapture(Text(dataset, DCM_SOPClassUID));
    if (!found.code.empty()) return found;
  }
  if (Text(dataset, DCM_BurnedInAnnotation) == "YES") {
    return {
        "BURNED_IN_ANNOTATION",
        "its header says that words are drawn into its pixels, which may name a person; leave it "
        "out, or clean it first"};
  }
  return PixelProblem(path, dataset, has_mosaic);
}

}  // namespace gvsl::data_loader
