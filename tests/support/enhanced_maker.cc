#include "tests/support/enhanced_maker.h"

#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <stdexcept>

#include "common/text.h"
#include "tests/support/dcmtk_check.h"
#include "tests/support/dicom_encoder.h"
#include "tests/support/jpeg2000_maker.h"

namespace gvsl::testing {
namespace {

void Put(DcmItem& group, const DcmTagKey& macro, const DcmTagKey& tag, const std::string& text) {
  DcmItem* item = nullptr;
  Check(group.findOrCreateSequenceItem(macro, item, 0), "macro");
  Check(item->putAndInsertString(tag, text.c_str()), "macro");
}

void Put(DcmItem& group, const DcmTagKey& macro, const DcmTagKey& tag, double number) {
  DcmItem* item = nullptr;
  Check(group.findOrCreateSequenceItem(macro, item, 0), "macro");
  Check(item->putAndInsertFloat64(tag, number), "macro");
}

void PutGeometry(DcmItem& group, const demo::DicomSlice& slice, const EnhancedCoding& coding) {
  Put(group, DCM_PlaneOrientationSequence, DCM_ImageOrientationPatient,
      demo::Decimals(slice.orientation));
  Put(group, DCM_PixelMeasuresSequence, DCM_PixelSpacing, demo::Decimals(slice.pixel_spacing));
  if (!coding.slice_thickness) return;
  Put(group, DCM_PixelMeasuresSequence, DCM_SliceThickness, demo::Decimal(*coding.slice_thickness));
}

void PutFrame(DcmItem& group, const demo::DicomSlice& slice, const EnhancedFrame& frame) {
  Put(group, DCM_PlanePositionSequence, DCM_ImagePositionPatient, demo::Decimals(slice.position));
  Put(group, DCM_PixelValueTransformationSequence, DCM_RescaleSlope, demo::Decimal(slice.slope));
  Put(group, DCM_PixelValueTransformationSequence, DCM_RescaleIntercept,
      demo::Decimal(slice.intercept));
  if (!frame.stack.empty()) Put(group, DCM_FrameContentSequence, DCM_StackID, frame.stack);
  if (!frame.component.empty()) {
    Put(group, DCM_MRImageFrameTypeSequence, DCM_ComplexImageComponent, frame.component);
  }
  if (frame.b_value) Put(group, DCM_MRDiffusionSequence, DCM_DiffusionBValue, *frame.b_value);
  if (frame.echo_time) Put(group, DCM_MREchoSequence, DCM_EffectiveEchoTime, *frame.echo_time);
  if (frame.temporal_position) {
    DcmItem* content = nullptr;
    Check(group.findOrCreateSequenceItem(DCM_FrameContentSequence, content, 0), "macro");
    Check(content->putAndInsertUint32(DCM_TemporalPositionIndex,
                                      static_cast<Uint32>(*frame.temporal_position)),
          "macro");
  }
}

void PutGroups(DcmDataset& dataset, const std::vector<demo::DicomSlice>& slices,
               const EnhancedCoding& coding) {
  DcmItem* shared = nullptr;
  Check(dataset.findOrCreateSequenceItem(DCM_SharedFunctionalGroupsSequence, shared, 0), "groups");
  if (coding.is_geometry_shared) PutGeometry(*shared, slices[0], coding);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    DcmItem* group = nullptr;
    Check(dataset.findOrCreateSequenceItem(DCM_PerFrameFunctionalGroupsSequence, group,
                                           static_cast<signed long>(i)),
          "groups");
    if (!coding.is_geometry_shared) PutGeometry(*group, slices[i], coding);
    PutFrame(*group, slices[i], coding.frames.empty() ? EnhancedFrame() : coding.frames.at(i));
  }
}

// What each frame says for itself, said otherwise for all and in the data set.
void PutDecoys(DcmDataset& dataset) {
  demo::DicomSlice wrong;
  wrong.position = {1, 2, 3};
  wrong.orientation = {0, 1, 0, 0, 0, -1};
  wrong.pixel_spacing = {7, 8};
  wrong.slope = 9;
  DcmItem* shared = nullptr;
  Check(dataset.findOrCreateSequenceItem(DCM_SharedFunctionalGroupsSequence, shared, 0), "groups");
  PutGeometry(*shared, wrong, {});
  PutFrame(*shared, wrong, {.stack = "7", .component = "PHASE"});
  dataset.putAndInsertString(DCM_ImagePositionPatient, demo::Decimals(wrong.position).c_str());
  dataset.putAndInsertString(DCM_ImageOrientationPatient,
                             demo::Decimals(wrong.orientation).c_str());
  dataset.putAndInsertString(DCM_PixelSpacing, demo::Decimals(wrong.pixel_spacing).c_str());
  dataset.putAndInsertString(DCM_RescaleSlope, "11");
}

void PutPixels(DcmDataset& dataset, const std::vector<demo::DicomSlice>& slices) {
  std::vector<Uint16> words;
  for (const demo::DicomSlice& slice : slices) {
    words.insert(words.end(), slice.pixels.begin(), slice.pixels.end());
  }
  Check(dataset.putAndInsertUint16Array(DCM_PixelData, words.data(), words.size()), "pixels");
}

void PutJpeg2000(DcmDataset& dataset, const std::vector<demo::DicomSlice>& slices,
                 const EnhancedCoding& coding) {
  auto* sequence = new DcmPixelSequence(DCM_PixelSequenceTag);
  auto* table = new DcmPixelItem(DCM_PixelItemTag);
  sequence->insert(table);
  std::vector<Uint8> offsets;
  Uint32 at = 0;
  for (const demo::DicomSlice& slice : slices) {
    for (int byte = 0; byte < 4; ++byte) offsets.push_back(static_cast<Uint8>(at >> 8 * byte));
    std::vector<std::uint8_t> bytes =
        MakeJpeg2000({slice.pixels.begin(), slice.pixels.end()}, slice.rows, slice.columns,
                     {.precision = 16, .is_signed = true});
    bytes.resize((bytes.size() + 1) / 2 * 2);
    const std::size_t most = (bytes.size() / coding.fragments_each + 3) / 2 * 2;
    for (std::size_t begin = 0; begin < bytes.size(); begin += most) {
      auto* fragment = new DcmPixelItem(DCM_PixelItemTag);
      fragment->putUint8Array(bytes.data() + begin, std::min(most, bytes.size() - begin));
      at += 8 + fragment->getLength();
      sequence->insert(fragment);
    }
  }
  if (coding.has_offsets) table->putUint8Array(offsets.data(), offsets.size());
  auto* pixels = new DcmPixelData(DCM_PixelData);
  pixels->putOriginalRepresentation(EXS_JPEG2000LosslessOnly, nullptr, sequence);
  Check(dataset.insert(pixels, OFTrue), "pixels");
}

}  // namespace

void WriteEnhanced(const std::vector<demo::DicomSlice>& slices, const EnhancedCoding& coding,
                   const std::string& path) {
  if (!demo::WriteDicomSlice(slices.at(0), path).ok()) throw std::runtime_error("write " + path);
  DcmFileFormat file;
  Check(file.loadFile(path.c_str()), "load");
  Check(file.loadAllDataIntoMemory(), "load");
  DcmDataset& dataset = *file.getDataset();
  for (const DcmTagKey& tag : {DCM_ImagePositionPatient, DCM_ImageOrientationPatient,
                               DCM_PixelSpacing, DCM_RescaleSlope, DCM_RescaleIntercept}) {
    dataset.findAndDeleteElement(tag);
  }
  dataset.putAndInsertString(DCM_SOPClassUID, UID_EnhancedMRImageStorage);
  const int frames = coding.frame_count.value_or(static_cast<int>(slices.size()));
  dataset.putAndInsertString(DCM_NumberOfFrames, Concat(frames).c_str());
  PutGroups(dataset, slices, coding);
  if (coding.has_decoys) PutDecoys(dataset);
  const DcmXfer xfer(coding.syntax.c_str());
  if (xfer.getXfer() == EXS_JPEG2000LosslessOnly) {
    PutJpeg2000(dataset, slices, coding);
  } else {
    PutPixels(dataset, slices);
    if (xfer.isEncapsulated()) EncodeLosslessly(dataset, coding.syntax);
  }
  Check(file.saveFile(path.c_str(), xfer.getXfer()), "save");
}

}  // namespace gvsl::testing
