// One DICOM file: its header, and the pixels of what has no problem, for which a series would need
// more files than one.
#include <algorithm>

#include "data_loader/dicom_pixels.h"
#include "data_loader/dicom_reader.h"
#include "data_loader/dicom_series_reader.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/scratch_folder.h"
#include "tests/fuzz/volume_demands.h"

namespace gvsl::fuzz {
namespace {

using data_loader::Bits;
using data_loader::DicomPixels;
using data_loader::OrRejection;
using data_loader::Rejection;
using data_loader::SliceValues;

constexpr std::size_t kMostFrames = 4;
constexpr std::int64_t kMostPixels = 1 << 20;  // a series bounds them by its files' bytes

void ReadPixels(const std::string& path, const data_loader::DicomHeader& header) {
  auto opened = DicomPixels::Open(path);
  if (std::holds_alternative<Rejection>(opened)) return;
  auto& pixels = *std::get<0>(opened);
  for (std::size_t i = 0; i < std::min(kMostFrames, header.frames.size()); ++i) {
    for (const Bits bits : {Bits::kStored, Bits::kAll}) {
      const OrRejection<SliceValues> read = pixels.Read(header.frames[i].index, bits);
      const auto* slice = std::get_if<SliceValues>(&read);
      if (slice == nullptr) continue;
      const auto count = static_cast<std::size_t>(header.rows * header.columns);
      Demand(slice->values.size() == count, "not as many pixels as rows and columns");
      Demand(slice->padding.empty() || slice->padding.size() == count, "padding of another size");
    }
  }
}

}  // namespace

int RunDicomFile(Bytes bytes) {
  static const ScratchFolder folder;
  const std::string path = folder.Write("one.dcm", TextOf(bytes));
  data_loader::DicomSeriesReader reader;
  ReadAll(reader, {path}, folder.path());
  const auto read =
      data_loader::Guarded([&]() -> OrRejection<std::optional<data_loader::DicomHeader>> {
        return data_loader::ReadDicomHeader(path);
      });
  const auto* header = std::get_if<0>(&read);
  if (header == nullptr || !*header || !(*header)->problem.code.empty()) return 0;
  if ((*header)->rows * (*header)->columns > kMostPixels) return 0;
  (void)data_loader::Guarded([&]() -> OrRejection<int> {
    ReadPixels(path, **header);
    return 0;
  });
  return 0;
}

}  // namespace gvsl::fuzz
