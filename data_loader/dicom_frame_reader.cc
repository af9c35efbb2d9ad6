#include "data_loader/dicom_frame_reader.h"

#include <dcmtk/dcmdata/dctk.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "data_loader/dicom_functional_groups.h"
#include "data_loader/dicom_tags.h"

namespace gvsl::data_loader {
namespace {

// Seconds, of which greater ones are later, of "YYYYMMDDHHMMSS.F"; nothing of an empty text.
std::optional<double> SecondsOf(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto part = [&](std::size_t at, std::size_t count) {
    double value = 0;
    if (at < text.size()) {
      const char* const begin = text.data() + at;
      std::from_chars(begin, begin + std::min(count, text.size() - at), value);
    }
    return value;
  };
  const double days = (part(0, 4) * 12 + part(4, 2)) * 31 + part(6, 2);
  return ((days * 24 + part(8, 2)) * 60 + part(10, 2)) * 60 + part(12, 9);
}

std::optional<double> AcquisitionTime(DcmDataset& dataset) {
  const std::string both = Text(dataset, DCM_AcquisitionDateTime);
  if (!both.empty()) return SecondsOf(both);
  const std::string time = Text(dataset, DCM_AcquisitionTime);
  if (time.empty()) return std::nullopt;
  std::string date = Text(dataset, DCM_AcquisitionDate);
  date.resize(8, '0');
  return SecondsOf(date + time);
}

std::optional<double>& MarkOf(DicomFrame& frame, Mark mark) {
  return frame.marks[static_cast<std::size_t>(mark)];
}

DicomFrame OfDataset(DcmDataset& dataset) {
  DicomFrame frame;
  frame.position = Numbers<3>(dataset, DCM_ImagePositionPatient);
  frame.orientation = Numbers<6>(dataset, DCM_ImageOrientationPatient);
  frame.pixel_spacing = Numbers<2>(dataset, DCM_PixelSpacing);
  const std::string component = Text(dataset, DCM_ComplexImageComponent);
  MarkOf(frame, Mark::kComponent) =
      ComponentOf(component.empty() ? Text(dataset, DCM_ImageType) : component);
  MarkOf(frame, Mark::kEcho) = NumberAt(dataset, DCM_EchoTime, 0);
  MarkOf(frame, Mark::kDiffusion) = NumberAt(dataset, DCM_DiffusionBValue, 0);
  MarkOf(frame, Mark::kTemporalPosition) = NumberAt(dataset, DCM_TemporalPositionIdentifier, 0);
  MarkOf(frame, Mark::kTriggerTime) = NumberAt(dataset, DCM_TriggerTime, 0);
  MarkOf(frame, Mark::kAcquisitionNumber) = NumberAt(dataset, DCM_AcquisitionNumber, 0);
  MarkOf(frame, Mark::kAcquisitionTime) = AcquisitionTime(dataset);
  return frame;
}

template <typename Value>
void Take(std::optional<Value> value, std::optional<Value>& into) {
  if (value) into = value;
}

void TakeContent(DcmItem& content, DicomFrame& frame) {
  const std::string stack = Text(content, DCM_StackID);
  if (!stack.empty()) frame.stack = stack;
  Take(NumberAt(content, DCM_TemporalPositionIndex, 0), MarkOf(frame, Mark::kTemporalPosition));
  Take(NumberAt(content, DCM_FrameAcquisitionNumber, 0), MarkOf(frame, Mark::kAcquisitionNumber));
  Take(SecondsOf(Text(content, DCM_FrameAcquisitionDateTime)),
       MarkOf(frame, Mark::kAcquisitionTime));
}

void TakeComponent(DcmItem& type, DicomFrame& frame) {
  const std::string component = Text(type, DCM_ComplexImageComponent);
  const std::string words = component.empty() ? Text(type, DCM_FrameType) : component;
  if (!words.empty()) MarkOf(frame, Mark::kComponent) = ComponentOf(words);
}

// What the groups say of it takes the place of what was known before.
void TakeGroups(DcmItem& groups, DicomFrame& frame) {
  const auto of = [&](const DcmTagKey& macro) { return FirstItem(groups, macro); };
  if (DcmItem* const item = of(DCM_PlanePositionSequence)) {
    Take(Numbers<3>(*item, DCM_ImagePositionPatient), frame.position);
  }
  if (DcmItem* const item = of(DCM_PlaneOrientationSequence)) {
    Take(Numbers<6>(*item, DCM_ImageOrientationPatient), frame.orientation);
  }
  if (DcmItem* const item = of(DCM_PixelMeasuresSequence)) {
    Take(Numbers<2>(*item, DCM_PixelSpacing), frame.pixel_spacing);
  }
  if (DcmItem* const item = of(DCM_FrameContentSequence)) TakeContent(*item, frame);
  if (DcmItem* const item = of(DCM_MRImageFrameTypeSequence)) TakeComponent(*item, frame);
  if (DcmItem* const item = of(DCM_MREchoSequence)) {
    Take(NumberAt(*item, DCM_EffectiveEchoTime, 0), MarkOf(frame, Mark::kEcho));
  }
  if (DcmItem* const item = of(DCM_MRDiffusionSequence)) {
    Take(NumberAt(*item, DCM_DiffusionBValue, 0), MarkOf(frame, Mark::kDiffusion));
  }
  if (DcmItem* const item = of(DCM_CardiacSynchronizationSequence)) {
    Take(NumberAt(*item, DCM_NominalCardiacTriggerDelayTime, 0), MarkOf(frame, Mark::kTriggerTime));
  }
}

}  // namespace

std::vector<DicomFrame> ReadDicomFrames(DcmDataset& dataset) {
  const FunctionalGroups groups(dataset);
  DicomFrame common = OfDataset(dataset);
  if (groups.shared() != nullptr) TakeGroups(*groups.shared(), common);
  std::vector<DicomFrame> frames(std::max<std::size_t>(groups.frames().size(), 1), common);
  for (std::size_t i = 0; i < groups.frames().size(); ++i) {
    frames[i].index = i;
    TakeGroups(*groups.frames()[i], frames[i]);
  }
  return frames;
}

}  // namespace gvsl::data_loader
