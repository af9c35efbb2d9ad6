// gvsl-infer with checkpoints that register.
#include <gmock/gmock.h>

#include "data_loader/nifti_file.h"
#include "model/gvsl_network.h"
#include "model/infer/displacement.h"
#include "tests/model/infer_fixture.h"

namespace gvsl::model {
namespace {

using data_loader::RawVolume;
using data_loader::VoxelGrid;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Size = std::array<std::int64_t, 3>;

// A field of one step (z, y, x) everywhere.
std::vector<float> Constant(std::int64_t voxels, const std::array<float, 3>& step) {
  std::vector<float> field;
  for (const float along : step) field.insert(field.end(), voxels, along);
  return field;
}

TEST(Displacement, GoesFromTheFixedPointToTheMovingOneInMm) {
  const VoxelGrid fixed = {{2, 3, 4}, testing::Straight({1, 2, 4}, {10, 20, 30})};
  const std::vector<float> field = Constant(24, {1, 2, 3});
  // Its x runs to the left.
  const data_loader::Affine moving = {{{-1, 0, 0, 100}, {0, 2, 0, 25}, {0, 0, 4, 30}}};
  const auto displacement = DisplacementInMm({fixed, moving, field}, fixed);
  // Voxel (0, 0, 0) lies at (10, 20, 30); (3, 2, 1) in the moving one at (97, 29, 34).
  EXPECT_EQ(displacement[0], 87);
  EXPECT_EQ(displacement[24], 9);
  EXPECT_EQ(displacement[48], 4);
  // Voxel (1, 0, 0) lies at (11, 20, 30); (4, 2, 1) at (96, 29, 34).
  EXPECT_EQ(displacement[1], 85);
}

TEST(Displacement, IsReadBetweenTheFieldsVoxels) {
  const VoxelGrid fixed = {{1, 1, 2}, testing::Straight({2, 2, 2}, {0, 0, 0})};
  const std::vector<float> field = {0, 0, 0, 0, 0, 1};
  const VoxelGrid fine = {{1, 1, 3}, testing::Straight({1, 1, 1}, {0, 0, 0})};
  const auto displacement = DisplacementInMm({fixed, fixed.to_ras, field}, fine);
  EXPECT_THAT(displacement, ElementsAre(0, 1, 2, 0, 0, 0, 0, 0, 0));
  EXPECT_EQ(LengthsOf(displacement).greatest, 2);
  EXPECT_EQ(LengthsOf(displacement).mean, 1);
}

TEST(Displacement, WarpsTheScanAndGivesItsLeastValueOutside) {
  const VoxelGrid grid = {{1, 1, 3}, testing::Straight({2, 1, 1}, {0, 0, 0})};
  const std::vector<float> values = {5, 7, 6};
  EXPECT_THAT(WarpedScan(grid, values, grid, std::vector<float>{2, 1, 2, 0, 0, 0, 0, 0, 0}),
              ElementsAre(7, 6.5, 5));
  EXPECT_EQ(WarpedScan(grid, values, grid, std::vector<float>(9, 0)), values);
}

class InferRegister : public InferFixture {
 protected:
  // A network that moves every voxel by one step (z, y, x), whatever it sees.
  std::string CheckpointThatSteps(const std::string& task, const std::array<float, 3>& step) {
    NetworkOptions options;
    options.width = 8;
    options.restoration = task == "pretrain";
    const GvslNetwork network(options);
    for (const auto& [name, tensor] : network.parameters()) {
      if (name == "out_flow.bias") std::copy(step.begin(), step.end(), tensor.data_ptr<float>());
    }
    return WriteCheckpoint(Manifest(task), network.parameters());
  }

  InferOptions Options(const std::string& task, const std::array<float, 3>& step) {
    InferOptions options;
    options.checkpoint = CheckpointThatSteps(task, step);
    options.output = directory_ / "warped.nii.gz";
    options.field = directory_ / "field.nii.gz";
    const std::vector<double> values = SmoothValues(kSize, 3);
    options.fixed = WriteScan("fixed.nii", kSize, kFixed, values);
    options.input = WriteScan("moving.nii", kSize, kMoving, values);
    return options;
  }

  static constexpr Size kSize = {16, 18, 20};
  static constexpr data_loader::Affine kFixed = {{{2, 0, 0, 1}, {0, 3, 0, 2}, {0, 0, 4, 3}}};
  static constexpr data_loader::Affine kMoving = {{{2, 0, 0, 6}, {0, 3, 0, 2}, {0, 0, 4, 3}}};
};

std::vector<float> ReadField(const std::string& path) {
  std::vector<float> field;
  data_loader::ReadNiftiValues(path, [&](std::span<const double> values) {
    for (const double value : values) field.push_back(static_cast<float>(value));
  });
  return field;
}

TEST_F(InferRegister, WarpsTheScansOwnIntensitiesOntoTheFixedGrid) {
  const InferOptions options = Options("register", {0, 0, 0});
  const auto report = Infer(files_, options);
  ASSERT_TRUE(report.ok()) << report.status();
  const RawVolume warped = Read(*options.output);
  EXPECT_EQ(warped.to_ras, kFixed);
  EXPECT_EQ(warped.voxels, Read(options.input).voxels);
  EXPECT_NEAR(report->alignment->mean, 5, 1e-5);
}

TEST_F(InferRegister, WritesTheFieldInMmAsItkReadsIt) {
  const InferOptions options = Options("register", {1, 2, 3});
  ASSERT_TRUE(Infer(files_, options).ok());
  const std::vector<float> field = ReadField(*options.field);
  const auto voxels = static_cast<std::ptrdiff_t>(16 * 18 * 20);
  ASSERT_EQ(field.size(), 3 * voxels);
  const auto component = [&](int k) {
    return std::vector<float>(field.begin() + k * voxels, field.begin() + (k + 1) * voxels);
  };
  EXPECT_THAT(component(0), Each(::testing::FloatNear(-(3 * 2 + 5), 1e-4)));
  EXPECT_THAT(component(1), Each(::testing::FloatNear(-(2 * 3), 1e-4)));
  EXPECT_THAT(component(2), Each(::testing::FloatNear(1 * 4, 1e-4)));
  const auto header =
      std::get<data_loader::NiftiHeader>(data_loader::ReadNiftiHeader(*options.field));
  EXPECT_EQ(header.to_ras, kFixed);
  // And the scan is read there.
  const RawVolume warped = Read(*options.output), moving = Read(options.input);
  EXPECT_NEAR(warped.voxels[0], moving.voxels[(1 * 18 + 2) * 20 + 3], 1e-2);
  EXPECT_EQ(warped.voxels.back(), *std::min_element(moving.voxels.begin(), moving.voxels.end()));
}

TEST_F(InferRegister, AlignsScansOfDifferentSizes) {
  InferOptions options = Options("register", {0, 0, 0});
  options.fixed = WriteScan("other.nii", {20, 16, 17}, kFixed, SmoothValues({20, 16, 17}, 5));
  ASSERT_TRUE(Infer(files_, options).ok());
  EXPECT_EQ(Read(*options.output).size, (Size{20, 16, 17}));
}

TEST_F(InferRegister, TakesWhatGvslHasPreTrainedWhereAFixedScanIsGiven) {
  InferOptions options = Options("pretrain", {0, 0, 0});
  EXPECT_TRUE(Infer(files_, options).ok());
  options.fixed.reset();
  EXPECT_THAT(Infer(files_, options).status().message(), HasSubstr("task pretrain"));
}

TEST_F(InferRegister, NeedsAFixedScanAndFilesOfItsOwn) {
  InferOptions options = Options("register", {0, 0, 0});
  options.output = options.fixed;
  EXPECT_EQ(Infer(files_, options).status().code(), StatusCode::kAlreadyExists);
  options.output = options.field;
  EXPECT_THAT(Infer(files_, options).status().message(), HasSubstr("same file"));
  options.output = directory_ / "warped.nii.gz";
  options.fixed.reset();
  EXPECT_THAT(Infer(files_, options).status().message(), HasSubstr("--fixed is missing"));
}

}  // namespace
}  // namespace gvsl::model
