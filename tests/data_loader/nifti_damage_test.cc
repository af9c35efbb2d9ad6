// NIfTI files that end early, claim what cannot be, or are packed to do harm.
#include <chrono>
#include <cmath>
#include <limits>

#include "data_loader/volume_limits.h"
#include "tests/data_loader/nifti_fixture.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::CodeOf;
using ::gvsl::testing::MakeNifti;
using ::gvsl::testing::NiftiKnobs;
using ::gvsl::testing::ValueOf;

class NiftiDamageTest : public NiftiTest {};

TEST_F(NiftiDamageTest, CutOffAnywhereIsNeverAccepted) {
  for (const int version : {1, 2}) {
    NiftiKnobs knobs;
    knobs.version = version;
    knobs.extension_bytes = 32;
    for (const char* name : {"a.nii", "a.nii.gz"}) {
      ASSERT_EQ(CodeOf(Read(knobs, name)), "accepted");
      const std::string whole = Bytes(name);
      for (std::size_t length = 0; length < whole.size(); ++length) {
        WriteBytes(name, whole.substr(0, length));
        const std::string code = CodeOf(ReadFile(name));
        EXPECT_TRUE(code == "TRUNCATED" || code == "UNREADABLE") << name << " " << length << code;
        if (length > 600) {
          EXPECT_EQ(code, "TRUNCATED") << name << " " << length;
        }
      }
    }
  }
}

TEST_F(NiftiDamageTest, AGzipWithoutItsEndOrWithAnotherCheckSumIsTruncated) {
  for (const std::int64_t volumes : {1, 3}) {
    NiftiKnobs knobs;
    knobs.size = {4, 3, 2, volumes};
    MakeNifti(directory_ / "a.nii.gz", knobs);
    const std::string whole = Bytes("a.nii.gz");
    for (std::size_t missing = 1; missing <= 8; ++missing) {
      WriteBytes("a.nii.gz", whole.substr(0, whole.size() - missing));
      EXPECT_EQ(CodeOf(ReadFile("a.nii.gz")), "TRUNCATED") << missing;
      EXPECT_EQ(CodeOf(ReadLabelMap(directory_ / "a.nii.gz")),
                volumes == 1 ? "TRUNCATED" : "FOUR_DIMENSIONAL");
    }
    for (std::size_t place = whole.size() - 8; place < whole.size(); ++place) {
      std::string changed = whole;
      changed[place] = static_cast<char>(changed[place] ^ 1);
      WriteBytes("a.nii.gz", changed);
      EXPECT_EQ(CodeOf(ReadFile("a.nii.gz")), "TRUNCATED") << place;
    }
  }
}

TEST_F(NiftiDamageTest, SeveralMembersAreOneFileAndWhatIsNoMemberIsPassedOver) {
  MakeNifti(directory_ / "a.nii", {});
  const std::string plain = Bytes("a.nii");
  NiftiKnobs none;
  none.size = {1};
  none.missing_bytes = 352 + 2;
  MakeNifti(directory_ / "empty.nii.gz", none);
  MakeNifti(directory_ / "a.nii.gz", {});
  const std::string packed = Bytes("a.nii.gz"), empty = Bytes("empty.nii.gz");
  WriteBytes("b.nii.gz", empty + packed + empty);
  EXPECT_EQ(ValueOf(ReadFile("b.nii.gz")).voxels, Ascending(24));
  WriteBytes("b.nii.gz", packed + std::string(700, '\0'));
  EXPECT_EQ(ValueOf(ReadFile("b.nii.gz")).voxels, Ascending(24));
  WriteBytes("b.nii", plain + "further bytes");
  EXPECT_EQ(ValueOf(ReadFile("b.nii")).voxels, Ascending(24));
}

TEST_F(NiftiDamageTest, MuchMoreThanPromisedIsRefused) {
  NiftiKnobs knobs;
  knobs.trailing.assign(1000, 'x');
  EXPECT_EQ(CodeOf(Read(knobs, "a.nii.gz")), "accepted");
  knobs.trailing.assign(static_cast<std::size_t>(kMostTrailingBytes) + (1 << 20), 'x');
  EXPECT_EQ(CodeOf(Read(knobs, "a.nii.gz")), "TOO_LARGE");
}

TEST_F(NiftiDamageTest, PromisesThatNoFileKeepsAreRefusedAtOnce) {
  const auto begin = std::chrono::steady_clock::now();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const char* name : {"a.nii", "a.nii.gz", "a.hdr", "a.hdr.gz"}) {
    NiftiKnobs knobs;
    knobs.values.assign(1000, 1);
    knobs.version = 2;
    for (const auto& size :
         std::vector<std::vector<std::int64_t>>{{kMost, kMost, kMost},
                                                {kMost, kMost, kMost, kMost, kMost, kMost, kMost},
                                                {4096, 4096, 3200},
                                                {16, 16, 16, kMost},
                                                {512, 512, 512, 512}}) {
      knobs.size = size;
      EXPECT_EQ(CodeOf(Read(knobs, name)), "TOO_LARGE") << name;
    }
    knobs.size = {512, 512, 512};
    EXPECT_EQ(CodeOf(Read(knobs, name)), "TRUNCATED") << name;
    knobs.size = {16, 16, 16, 100'000};
    EXPECT_EQ(CodeOf(Read(knobs, name)), "TRUNCATED") << name;
    for (const auto& size : std::vector<std::vector<std::int64_t>>{
             {-4, 3, 2}, {4, -3, 2}, {4, 3, 2, -1}, {0, 3, 2}, {-kMost - 1, 1, 1}}) {
      knobs.size = size;
      EXPECT_EQ(CodeOf(Read(knobs, name)), "UNREADABLE") << name;
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(NiftiDamageTest, AnOffsetThatNoFileHasIsRefused) {
  for (const double offset : {-1.0, 1e30, -1e30, std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::infinity()}) {
    NiftiKnobs knobs;
    knobs.voxels_offset = offset;
    EXPECT_EQ(CodeOf(Read(knobs)), "UNREADABLE") << offset;
    EXPECT_EQ(CodeOf(Read(knobs, "a.hdr")), "UNREADABLE") << offset;
  }
  NiftiKnobs knobs;
  for (const double offset : {353.0, 1e6, 1e9}) {
    knobs.voxels_offset = offset;
    EXPECT_EQ(CodeOf(Read(knobs)), "TRUNCATED") << offset;
    EXPECT_EQ(CodeOf(Read(knobs, "a.nii.gz")), "TRUNCATED") << offset;
    EXPECT_EQ(CodeOf(Read(knobs, "a.hdr")), "TRUNCATED") << offset;
  }
}

TEST_F(NiftiDamageTest, NothingIsWrittenToStandardError) {
  ::testing::internal::CaptureStderr();
  NiftiKnobs knobs;
  knobs.magic = "abcd";
  (void)Read(knobs);
  knobs.magic.reset();
  knobs.datatype = 77;
  knobs.values = {1};
  (void)Read(knobs);
  WriteBytes("a.nii", std::string(2000, '\xff'));
  (void)ReadFile("a.nii");
  (void)ReadFile("nowhere.nii");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace gvsl::data_loader
