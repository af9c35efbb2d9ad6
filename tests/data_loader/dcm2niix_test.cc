// What both we and dcm2niix accept is the same volume at the same place, voxel for voxel once both
// lie in RAS order. Skipped by name where dcm2niix is not installed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>

#include "common/text.h"
#include "data_loader/convert.h"
#include "data_loader/nifti_file.h"
#include "data_loader/nifti_reader.h"
#include "data_loader/orientation.h"
#include "tests/support/dicom_encoder.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/enhanced_maker.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_data.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::DicomCoding;
using ::gvsl::testing::EnhancedCoding;
using ::gvsl::testing::MakeSlices;
using ::gvsl::testing::TemporaryDirectory;
using ::gvsl::testing::TestData;
using ::gvsl::testing::WriteCodedSlice;
using ::gvsl::testing::WriteEnhanced;
namespace syntax = ::gvsl::testing::syntax;

bool HasDcm2niix() { return std::system("dcm2niix -v >/dev/null 2>&1") / 256 != 127; }

// Of one volume each; their files of several are left out.
std::vector<Image> ReadAll(const std::vector<std::string>& files) {
  std::vector<Image> images;
  for (const std::string& file : files) {
    const auto header = ReadNiftiHeader(file);
    const auto* found = std::get_if<NiftiHeader>(&header);
    if (found != nullptr && found->has_further_volumes()) continue;
    const auto read = NiftiReader().Read({file, {file}, ""});
    if (const auto* volume = std::get_if<RawVolume>(&read)) images.push_back(ToRas(*volume));
  }
  return images;
}

std::vector<Image> Theirs(const std::string& folder) {
  const TemporaryDirectory out;
  const std::string command =
      Concat("dcm2niix -z n -b n -f %s_%d -o '", out.path(), "' '", folder, "' >/dev/null 2>&1");
  (void)std::system(command.c_str());  // it exits with 0 for much that it leaves out
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(out.path())) {
    if (entry.path().extension() == ".nii") files.push_back(entry.path().string());
  }
  return ReadAll(files);
}

std::vector<Image> Ours(const std::string& folder) {
  const TemporaryDirectory out;
  const auto written = Convert(folder, out / "out.nii", [](const IngestEvent&) {});
  return written.ok() ? ReadAll(*written) : std::vector<Image>();
}

double Difference(const Image& ours, const Image& theirs) {
  double worst = 0;
  for (std::size_t i = 0; i < ours.voxels.size(); ++i) {
    worst = std::max(worst, std::abs(double{ours.voxels[i]} - theirs.voxels[i]));
  }
  return worst;
}

bool LieAlike(const Image& ours, const Image& theirs) {
  if (ours.grid.size != theirs.grid.size) return false;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 4; ++column) {
      if (std::abs(ours.grid.to_ras[row][column] - theirs.grid.to_ras[row][column]) > 1e-3) {
        return false;
      }
    }
  }
  return true;
}

// False where one of the two accepts nothing.
bool Compare(const std::string& folder) {
  const std::vector<Image> ours = Ours(folder), theirs = Theirs(folder);
  if (ours.empty() || theirs.empty()) return false;
  for (const Image& image : ours) {
    const auto same = std::find_if(theirs.begin(), theirs.end(),
                                   [&](const Image& other) { return LieAlike(image, other); });
    if (same == theirs.end()) {
      ADD_FAILURE() << folder << ": none of dcm2niix's lies there; ours "
                    << ::testing::PrintToString(image.grid.to_ras) << ", theirs "
                    << ::testing::PrintToString(theirs.front().grid.to_ras);
      continue;
    }
    EXPECT_LE(Difference(image, *same), 1e-3) << folder;
  }
  return true;
}

// Folders that hold no folder.
std::set<std::string> Leaves(const std::string& root) {
  std::set<std::string> folders;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_directory()) continue;
    folders.insert(entry.path().string());
    folders.erase(entry.path().parent_path().string());
  }
  return folders;
}

TEST(Dcm2niix, EveryRealSeriesThatBothAcceptIsTheSameVolume) {
  GVSL_NEEDS_TEST_DATA("dicom");
  if (!HasDcm2niix()) GTEST_SKIP() << "dcm2niix is not installed";
  int compared = 0;
  for (const std::string& folder : Leaves(TestData("dicom"))) {
    const bool interpolated = folder.find("gantrytilting") != std::string::npos;
    const bool many_of_one = folder.find("dcm_qa_ts") != std::string::npos;
    if (interpolated || many_of_one) continue;  // real_data_test.cc
    if (Compare(folder)) ++compared;
  }
  EXPECT_GE(compared, 11);
}

class Dcm2niixOnMadeSeries : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!HasDcm2niix()) GTEST_SKIP() << "dcm2niix is not installed";
  }
  TemporaryDirectory directory_;
};

// 12 slices of 20 x 18 pixels on an oblique grid.
std::vector<demo::DicomSlice> MakeOblique() {
  std::vector<demo::DicomSlice> slices = MakeSlices(12);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    demo::DicomSlice& slice = slices[i];
    slice.orientation = {0.8, 0.6, 0, -0.36, 0.48, -0.8};
    const double along = 2.5 * static_cast<double>(i);
    slice.position = {10 - 0.48 * along, 20 + 0.64 * along, 30 + 0.6 * along};
    slice.rows = 20;
    slice.columns = 18;
    slice.pixels.resize(20 * 18);
    for (std::size_t at = 0; at < slice.pixels.size(); ++at) {
      slice.pixels[at] = static_cast<std::int16_t>((at * 37 + i * 101) % 2000);
    }
  }
  return slices;
}

TEST_F(Dcm2niixOnMadeSeries, SlicesOfEveryOrderAndCodingLieAlike) {
  int number = 0;
  for (const char* const coding : {syntax::kExplicit, syntax::kImplicit, syntax::kBigEndian,
                                   syntax::kRle, syntax::kJpegLossless, syntax::kJpeg2000}) {
    auto slices = MakeOblique();
    std::rotate(slices.begin(), slices.begin() + 5, slices.end());
    const std::string folder = directory_ / Concat("series", ++number);
    std::filesystem::create_directories(folder);
    for (std::size_t i = 0; i < slices.size(); ++i) {
      slices[i].intercept = -1000;
      slices[i].modality = "CT";
      WriteCodedSlice(slices[i], {.syntax = coding, .image_type = "ORIGINAL\\PRIMARY\\AXIAL"},
                      Concat(folder, "/", i, ".dcm"));
    }
    EXPECT_TRUE(Compare(folder)) << coding;
  }
}

TEST_F(Dcm2niixOnMadeSeries, EnhancedObjectsLieAlike) {
  std::filesystem::create_directories(directory_ / "enhanced");
  EnhancedCoding coding;
  coding.slice_thickness = 2.5;  // dcm2niix's distance between frames
  int number = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    coding.frames.push_back({.stack = "1", .component = "MAGNITUDE"});
    coding.frames.back().temporal_position = 1;
  }
  for (const bool shared : {true, false}) {
    coding.is_geometry_shared = shared;
    const std::string folder = directory_ / Concat("enhanced", ++number);
    std::filesystem::create_directories(folder);
    WriteEnhanced(MakeOblique(), coding, folder + "/object.dcm");
    EXPECT_TRUE(Compare(folder)) << shared;
  }
}

}  // namespace
}  // namespace gvsl::data_loader
