// What gvsl-parity compares, once more in float64, where far tighter bounds hold, and that a wrong
// number is found.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "model/methods/gvsl_method.h"
#include "model/parity/compare_folder.h"
#include "model/parity/function_parity.h"
#include "model/parity/network_parity.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

GoldenFolder Folder() { return OpenGoldenFolder(PosixFileSystem(), GVSL_GOLDEN_DIR).value(); }

GoldenFile File(const std::string& name) {
  return OpenGoldenFile(PosixFileSystem(), Folder(), name).value();
}

GoldenCase Case(const std::string& name) {
  for (const GoldenCase& the_case : Folder().cases) {
    if (the_case.name == name) return the_case;
  }
  return {};
}

// Tensors are stored as float32, tables and losses as float64: their rounding is what is left.
double BoundInFloat64(const std::string& quantity) {
  const auto is = [&quantity](const char* prefix) { return quantity.starts_with(prefix); };
  if (is("loss.")) return 1e-11;
  if (quantity.ends_with(".stats")) return 2e-7;
  if (is("f_") || is("fused")) return 5e-6;
  if (is("affine.")) return 1e-11;
  if (is("displacement")) return 2e-6;
  if (is("gradients.worst")) return 1e-8;
  if (is("gradients.median")) return 1e-10;
  return 2e-7;
}

void ExpectInFloat64(const std::string& name) {
  const auto rows = CompareNetwork(Folder(), File(name + "_corrected"), Case(name),
                                   Geometry::kCorrected, at::kDouble, /*adam_steps=*/0);
  EXPECT_GT(rows.size(), 20U);
  for (const Deviation& row : rows) {
    EXPECT_LE(row.deviation, std::min(row.bound, BoundInFloat64(row.quantity))) << row.quantity;
  }
}

TEST(GoldenNetwork, MeetsABatchOfTwoInFloat64) { ExpectInFloat64("main"); }

TEST(GoldenNetwork, MeetsOddSizesInFloat64) { ExpectInFloat64("odd"); }

TEST(GoldenFunctions, MeetTheirValuesInFloat64) {
  for (const Deviation& row : CompareFunctions(Folder(), File("functions"), at::kDouble)) {
    const bool released = row.quantity.find("reference") != std::string::npos ||
                          row.quantity.find("released") != std::string::npos;
    const bool scalar = row.quantity.ends_with(".loss") || row.quantity.ends_with(".value");
    const double bound = released ? row.bound : scalar ? 1e-12 : 2e-7;
    EXPECT_LE(row.deviation, std::min(row.bound, bound)) << row.quantity;
  }
}

TEST(GoldenFolder, EveryFileIsOneOfTheIndex) {
  std::set<std::string> expected = {"functions.safetensors"};
  for (const GoldenCase& the_case : Folder().cases) {
    expected.insert(the_case.name + "_corrected.safetensors");
    expected.insert(the_case.name + "_reference.safetensors");
  }
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(GVSL_GOLDEN_DIR)) {
    if (entry.path().extension() == ".safetensors") found.insert(entry.path().filename());
  }
  EXPECT_EQ(found, expected);
}

TEST(GoldenNetwork, ReferenceHasNoGradientInTheAffineHeadAndAdamLeavesItAlone) {
  NetworkOptions options;
  options.width = 8;
  options.geometry = Geometry::kReleased;
  const GvslNetwork network(options);
  FillGoldenParameters(network.parameters(), 1);
  const GoldenCase small = {.name = "odd", .size = {16, 17, 18}};
  const auto output = network.Forward(GoldenVolumes(small, 'X', 1), GoldenVolumes(small, 'B', 1));
  LossesOf(output, GoldenVolumes(small, 'A', 1)).loss.backward();
  int without = 0;
  for (const auto& [name, parameter] : network.parameters()) {
    if (parameter.grad().defined()) continue;
    EXPECT_TRUE(name.starts_with("fc_") || name.starts_with("f_conv")) << name;
    ++without;
  }
  EXPECT_EQ(without, 16);
}

// A copy of the golden folder in which functions are all that is left, so that reading it is quick.
class FolderOfFunctions : public ::testing::Test {
 protected:
  FolderOfFunctions() {
    for (const char* name : {"index.json", "functions.safetensors"}) {
      std::filesystem::copy_file(JoinPath(GVSL_GOLDEN_DIR, name), scratch_ / name);
    }
    auto index = Folder().index;
    index["cases"] = nlohmann::json::object();
    std::ofstream(scratch_ / "index.json") << index;
  }
  const gvsl::testing::TemporaryDirectory scratch_;
};

TEST_F(FolderOfFunctions, HoldsAsItIs) {
  const auto rows = CompareFolder(PosixFileSystem(), scratch_.path());
  ASSERT_TRUE(rows.ok()) << rows.status();
  for (const Deviation& row : rows->rows) EXPECT_TRUE(row.holds()) << row.quantity;
  EXPECT_GT(rows->rows.size(), 30U);
  EXPECT_THAT(rows->not_compared, IsEmpty());
}

TEST_F(FolderOfFunctions, ATensorThatNobodyKnowsIsNamed) {
  FileSystem& files = PosixFileSystem();
  const std::string path = scratch_ / "functions.safetensors";
  const SafetensorsFile functions = SafetensorsFile::Open(files, path).value();
  auto tensors = functions.tensors();
  tensors["newer.value"] = tensors.at("mse.value");
  ASSERT_TRUE(WriteSafetensors(files, path, tensors).ok());
  const auto rows = CompareFolder(files, scratch_.path());
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(rows->not_compared, ElementsAre("functions/newer.value"));
}

TEST_F(FolderOfFunctions, AMissingFileIsNamed) {
  std::filesystem::remove(scratch_ / "functions.safetensors");
  const auto rows = CompareFolder(PosixFileSystem(), scratch_.path());
  EXPECT_THAT(rows.status().ToString(), HasSubstr("functions.safetensors"));
}

TEST_F(FolderOfFunctions, AnIndexThatIsNoJsonIsNamed) {
  std::ofstream(scratch_ / "index.json") << "{";
  const auto rows = CompareFolder(PosixFileSystem(), scratch_.path());
  EXPECT_THAT(rows.status().ToString(), HasSubstr("index.json"));
}

TEST_F(FolderOfFunctions, AnotherSeedMissesTheRebuiltNoise) {
  auto index = OpenGoldenFolder(PosixFileSystem(), scratch_.path())->index;
  index["seed"] = 2;
  std::ofstream(scratch_ / "index.json") << index;
  const auto rows = CompareFolder(PosixFileSystem(), scratch_.path());
  ASSERT_TRUE(rows.ok()) << rows.status();
  for (const Deviation& row : rows->rows) {
    const bool rebuilt = row.quantity.starts_with("elastic") || row.where == "index";
    EXPECT_EQ(row.holds(), !rebuilt) << row.quantity;
  }
}

TEST(Deviations, NotANumberIsNoAgreement) {
  const Deviation row = {"main_corrected", "loss", std::nan(""), 1};
  EXPECT_FALSE(row.holds());
  EXPECT_THAT(ToTable({row}), HasSubstr("MISSED"));
  EXPECT_EQ(
      ToJsonLines({row}),
      "{\"case\":\"main_corrected\",\"quantity\":\"loss\",\"deviation\":null,\"bound\":1.0}\n");
}

TEST(Deviations, NotANumberIsTheWorst) {
  EXPECT_GT(Worse(std::nan(""), 1), 1e300);
  EXPECT_GT(Worse(1, std::nan("")), 1e300);
  EXPECT_EQ(Worse(1, 2), 2);
}

TEST(Deviations, AnotherShapeIsNoAgreement) {
  EXPECT_FALSE(RelativeL2(at::zeros({2}), at::zeros({3})) <= 1e9);
  EXPECT_FALSE(LargestDifference(at::zeros({2}), at::zeros({3})) <= 1e9);
}

}  // namespace
}  // namespace gvsl::model
