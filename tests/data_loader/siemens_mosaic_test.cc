#include "data_loader/siemens_mosaic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/text.h"
#include "data_loader/dicom_series_reader.h"
#include "data_loader/input_files.h"
#include "data_loader/siemens_csa.h"
#include "tests/support/csa_maker.h"
#include "tests/support/dicom_encoder.h"
#include "tests/support/dicom_maker.h"
#include "tests/support/readings.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::CodeOf;
using ::gvsl::testing::DicomCoding;
using ::gvsl::testing::MakeCsa;
using ::gvsl::testing::MakeProtocol;
using ::gvsl::testing::ValueOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::span<const std::uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string ImageHeader(const std::string& slices = "5",
                        const std::vector<std::string>& normal = {"0", "0", "1.0"}) {
  return MakeCsa(
      {{"B_value", {}}, {"NumberOfImagesInMosaic", {slices}}, {"SliceNormalVector", normal}});
}

std::string SeriesHeader(const std::string& protocol) {
  return MakeCsa({{"UsedPatientWeight", {"70"}}, {"MrPhoenixProtocol", {protocol}}});
}

TEST(SiemensCsa, GivesTheValuesOfAnElementInEitherForm) {
  for (const bool older : {false, true}) {
    const std::string header =
        MakeCsa({{"First", {"1", "22"}}, {"Nothing", {}}, {"Last", {"a", "bcd", "e"}}}, older);
    EXPECT_THAT(CsaValues(Bytes(header), "First"), ElementsAre("1", "22")) << older;
    EXPECT_THAT(CsaValues(Bytes(header), "Last"), ElementsAre("a", "bcd", "e")) << older;
    EXPECT_THAT(CsaValues(Bytes(header), "Nothing"), IsEmpty());
    EXPECT_THAT(CsaValues(Bytes(header), "Absent"), IsEmpty());
  }
}

TEST(SiemensCsa, StaysWithinItsBytesWhereverItBreaksOffOrLies) {
  for (const bool older : {false, true}) {
    const std::string header = MakeCsa({{"First", {"1", "22"}}, {"Last", {"a"}}}, older);
    for (std::size_t length = 0; length < header.size(); ++length) {
      // Of its own size, for the sanitizer.
      const std::vector<std::uint8_t> cut(header.begin(),
                                          header.begin() + static_cast<std::ptrdiff_t>(length));
      CsaValues(cut, "Last");
      std::vector<std::uint8_t> lie(header.begin(), header.end());
      lie[length] = 0xff;
      CsaValues(lie, "Last");
    }
  }
}

TEST(SiemensMosaic, ReadsHowItsSlicesLie) {
  const auto mosaic =
      ReadMosaic(Bytes(ImageHeader()), Bytes(SeriesHeader(MakeProtocol(5, -5, 2.5))));
  ASSERT_TRUE(mosaic);
  EXPECT_EQ(mosaic->slices, 5);
  EXPECT_THAT(mosaic->normal, ElementsAre(0, 0, 1));
  EXPECT_DOUBLE_EQ(mosaic->spacing, 2.5);
}

TEST(SiemensMosaic, IsNoneWhereItsHeadersDoNotSay) {
  const std::string good = SeriesHeader(MakeProtocol(5, -5, 2.5));
  const auto read = [](const std::string& image, const std::string& series) {
    return ReadMosaic(Bytes(image), Bytes(series)).has_value();
  };
  EXPECT_TRUE(read(ImageHeader(), good));
  EXPECT_FALSE(read("", good));
  EXPECT_FALSE(read(ImageHeader(), ""));
  EXPECT_FALSE(read(ImageHeader("1"), good));
  EXPECT_FALSE(read(ImageHeader("1e9"), good));
  EXPECT_FALSE(read(ImageHeader("none"), good));
  EXPECT_FALSE(read(ImageHeader("5", {"0", "0", "0"}), good));
  EXPECT_FALSE(read(ImageHeader("5", {"0", "1"}), good));
  EXPECT_FALSE(read(ImageHeader("4"), good)) << "the protocol has five";
  EXPECT_FALSE(read(ImageHeader("9"), good)) << "the protocol has five";
  EXPECT_FALSE(read(ImageHeader(), SeriesHeader(MakeProtocol(5, -5, 0))));
  EXPECT_FALSE(read(ImageHeader(), SeriesHeader(MakeProtocol(5, 5, -2.5)))) << "the other way";
}

// 5 slices of 4 x 6 pixels in a picture of 3 x 3 tiles.
class MosaicFile : public ::testing::Test {
 protected:
  MosaicFile() {
    picture_ = testing::MakeSlices(1)[0];
    picture_.rows = 12;
    picture_.columns = 18;
    picture_.position = {-30, -40, -5};
    picture_.pixels.clear();
    for (int y = 0; y < 12; ++y) {
      for (int x = 0; x < 18; ++x) {
        const int tile = y / 4 * 3 + x / 6;
        picture_.pixels.push_back(static_cast<std::int16_t>(100 * tile + 10 * (y % 4) + x % 6));
      }
    }
    coding_.image_type = "ORIGINAL\\PRIMARY\\M\\MOSAIC";
    coding_.csa_image = ImageHeader();
    coding_.csa_series = SeriesHeader(MakeProtocol(5, -5, 2.5));
    std::filesystem::create_directories(directory_ / "0");
    std::filesystem::create_directories(directory_ / "1");
  }

  OrRejection<RawVolume> Read() {
    WriteCodedSlice(picture_, coding_, directory_ / "mosaic.dcm");
    DicomSeriesReader reader;
    const ScanResult scan = reader.Scan(ListFiles({directory_.path()})->files);
    return reader.Read(scan.sources.at(0));
  }

  testing::TemporaryDirectory directory_;
  demo::DicomSlice picture_;
  DicomCoding coding_;
};

TEST_F(MosaicFile, BecomesItsVolume) {
  const RawVolume volume = ValueOf(Read());
  EXPECT_EQ(volume.size, (std::array<std::int64_t, 3>{5, 4, 6}));
  EXPECT_FLOAT_EQ(volume.voxels[0], 0);
  EXPECT_FLOAT_EQ(volume.voxels[4 * 24 + 3 * 6 + 5], 435);
  EXPECT_NEAR(volume.to_ras[2][2], 2.5, 1e-9);
  // The picture is placed as if it were one slice about the middle: 6 pixels of 1.5 mm to the
  // right, 4 of 2 mm down.
  EXPECT_NEAR(volume.to_ras[0][3], 30 - 9, 1e-9);
  EXPECT_NEAR(volume.to_ras[1][3], 40 - 8, 1e-9);
  EXPECT_NEAR(volume.to_ras[2][3], -5, 1e-9);
}

TEST_F(MosaicFile, ThatRunsDownwardsIsTurned) {
  coding_.csa_image = ImageHeader("5", {"0", "0", "-1"});
  coding_.csa_series = SeriesHeader(MakeProtocol(5, -5, -2.5));
  const RawVolume volume = ValueOf(Read());
  EXPECT_FLOAT_EQ(volume.voxels[0], 400);
  EXPECT_NEAR(volume.to_ras[2][3], -15, 1e-9);
}

TEST_F(MosaicFile, OfSeveralTheOneOfTheFirstInstanceIsTakenWhateverTheFilesAreCalled) {
  for (const bool reversed : {false, true}) {
    for (int number = 1; number <= 3; ++number) {
      picture_.instance_number = number;
      picture_.instance_uid = demo::UidOf(Concat("mosaic ", 7 - number));
      picture_.pixels[0] = static_cast<std::int16_t>(1000 * number);
      const int name = reversed ? 9 - number : number;
      WriteCodedSlice(picture_, coding_, directory_ / Concat(reversed, "/", name, ".dcm"));
    }
    DicomSeriesReader reader;
    const auto files = ListFiles({directory_ / Concat(reversed)})->files;
    const RawVolume volume = ValueOf(reader.Read(reader.Scan(files).sources.at(0)));
    EXPECT_FLOAT_EQ(volume.voxels[0], 1000) << reversed;
    ASSERT_EQ(volume.warnings.size(), 1U);
    EXPECT_EQ(volume.warnings[0].code, "FURTHER_VOLUMES");
  }
}

TEST_F(MosaicFile, WhoseNormalIsNotAcrossItIsRefused) {
  coding_.csa_image = ImageHeader("5", {"0", "0.5", "0.8660254"});
  EXPECT_EQ(CodeOf(Read()), "MOSAIC");
}

TEST_F(MosaicFile, WithoutItsDescriptionIsRefused) {
  coding_.csa_series = SeriesHeader("");
  EXPECT_EQ(CodeOf(Read()), "MOSAIC");
  coding_.csa_image.clear();
  EXPECT_EQ(CodeOf(Read()), "MOSAIC");
}

TEST_F(MosaicFile, OfASizeThatIsNotThatOfItsTilesIsRefused) {
  coding_.csa_image = ImageHeader("17");  // five tiles a side
  coding_.csa_series = SeriesHeader(MakeProtocol(17, -5, 2.5));
  EXPECT_EQ(CodeOf(Read()), "MOSAIC");
}

}  // namespace
}  // namespace gvsl::data_loader
